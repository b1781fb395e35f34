"""Chat: conversations with a model, which is asked in the worker."""
