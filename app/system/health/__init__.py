"""Health, the release served, the last proof of its links."""
