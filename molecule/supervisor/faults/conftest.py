"""How many tests break a machine under supervisor, at least."""

MINIMUM_TESTS_HERE = 13
