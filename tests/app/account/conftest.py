"""The app with a mail server to talk to."""

from tests.app.mail_fixtures import settings, smtp

__all__ = ["settings", "smtp"]
