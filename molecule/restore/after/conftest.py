"""How many tests look at the new machine, at least."""

MINIMUM_TESTS_HERE = 3
