"""Roles: named bundles of rights that people are given."""
