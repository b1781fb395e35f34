"""What a power cut leaves of all that was deployed."""

MINIMUM_TESTS_HERE = 2
