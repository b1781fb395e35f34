"""The operation log: what signed-in people changed or tried to, with what it was before and after."""
