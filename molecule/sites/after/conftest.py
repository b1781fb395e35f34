"""How many tests look for what a removed product left behind, at least."""

MINIMUM_TESTS_HERE = 6
