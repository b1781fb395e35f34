"""The history of releases, from the audit log that deployments write."""
