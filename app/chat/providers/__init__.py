"""Providers: which model servers there are, edited by administrators, and the models that they have."""
