"""The real worker as a process of its own, which also knows the kinds of the tests."""

from app.core.niceness import GIVING_WAY, Niceness
from app.core.settings import get_settings
from app.worker import run
from tests.app.jobs import kinds

if __name__ == "__main__":
    assert kinds.__doc__
    loading = Niceness(GIVING_WAY)
    loading.begin()
    run(get_settings(), loading)
