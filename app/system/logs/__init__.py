"""The application's log files, as far as they are on this machine (core/logs.py writes them)."""
