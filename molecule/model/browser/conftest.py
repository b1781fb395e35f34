"""The browser of tests/e2e, on a machine with a model."""

from tests.e2e.conftest import browser, goodbyes, site, still_networks, visit

__all__ = ["browser", "goodbyes", "site", "still_networks", "visit"]
MINIMUM_TESTS_HERE = 1
