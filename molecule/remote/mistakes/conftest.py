"""How many mistakes are made, at least."""

MINIMUM_TESTS_HERE = 6
