"""Conversations and their messages: a tree of versions, of which one branch is shown."""
