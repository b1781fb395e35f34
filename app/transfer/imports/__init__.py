"""Rows from workbooks: looked at, done, and taken back."""
