"""How many tests look at a provisioned machine, at least."""

MINIMUM_TESTS_HERE = 185
