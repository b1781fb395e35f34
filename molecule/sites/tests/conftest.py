"""How many tests look at a machine with several tenants, at least."""

MINIMUM_TESTS_HERE = 20
