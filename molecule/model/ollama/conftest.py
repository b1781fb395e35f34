"""How many tests look at a machine with Ollama, at least."""

MINIMUM_TESTS_HERE = 3
