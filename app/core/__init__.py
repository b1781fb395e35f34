"""What every domain stands on: settings, database, security, logs, errors."""
