"""Signing in, staying signed in, and the limits on guessing."""
