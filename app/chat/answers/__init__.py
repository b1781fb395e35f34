"""Asking a model: a message is sent in the request, its answer made by the worker."""
