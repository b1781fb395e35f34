"""Compares a machine with what was provisioned on it. Standard library only: the timer runs it without Ansible."""
