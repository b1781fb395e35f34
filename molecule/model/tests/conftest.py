"""How many tests look at a machine with a model, at least."""

MINIMUM_TESTS_HERE = 12
