"""How many tests look at a machine under supervisor, at least."""

MINIMUM_TESTS_HERE = 40
