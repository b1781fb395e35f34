"""The one call that runs one kind of check."""

from tests.provision.link_check.conftest import look

__all__ = ["look"]
