"""Coming in by mail: registration, and a new password for who forgot it."""
