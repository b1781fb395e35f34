"""Accounts and sessions: who may come in, and who is asking."""
