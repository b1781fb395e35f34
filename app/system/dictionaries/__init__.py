"""Dictionaries: named lists of values with a label and a colour, for tags and selects in the front end."""
