"""How many tests look at a machine provisioned from mirrors, at least."""

MINIMUM_TESTS_HERE = 5
