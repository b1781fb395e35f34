"""How many tests look at a machine whose model server was given up, at least."""

MINIMUM_TESTS_HERE = 3
