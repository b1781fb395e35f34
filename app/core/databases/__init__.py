"""What a kind of database does in its own way: `provider_of` gives the one that APP_DATABASE_URL names.

Everything else of the app is written once. docs/postgresql.md says what differs, docs/decisions/0120 why.
"""

from app.core.databases.port import Provider
from app.core.settings import Settings


def provider_of(settings: Settings) -> Provider:
    if settings.uses_sqlite:
        from app.core.databases.sqlite import Sqlite

        return Sqlite(settings)
    from app.core.databases.postgresql import Postgresql  # its driver is loaded only where it is used

    return Postgresql(settings)
