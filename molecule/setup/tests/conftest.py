"""How many tests look at a newcomer's machine, at least."""

MINIMUM_TESTS_HERE = 30
