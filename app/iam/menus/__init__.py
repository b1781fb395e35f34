"""Menus, the permission labels that hang on them, and the rights that follow."""
