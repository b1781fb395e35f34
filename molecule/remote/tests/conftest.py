"""How many tests look at a machine provisioned over SSH, at least."""

MINIMUM_TESTS_HERE = 7
