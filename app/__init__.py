"""The product's API, by domain. `python -m app` manages it; `app.main:app` serves it."""

__version__ = "0.1.0"
