"""Takes backups, tries each of them, and brings one back. Standard library only: the timer runs it without Ansible."""
