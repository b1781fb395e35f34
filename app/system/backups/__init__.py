"""Backups: how the last one went, which are kept, and asking for one. A program of root's takes them."""
