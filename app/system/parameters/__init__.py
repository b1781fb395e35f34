"""System parameters: declared in code by whoever uses them, changed by people, read through app.core.parameters."""
