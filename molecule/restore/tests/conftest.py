"""How many tests look at the machine before it is lost, at least."""

MINIMUM_TESTS_HERE = 9
