"""What may be said of a service elsewhere, and how its key is kept."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import Repository, Service
from app.core.database import SETTINGS
from app.core.errors import ErrorCode, field_problem, not_valid
from app.core.outgoing import AddressRefusedError, refuse_literal
from app.core.principal import written_by
from app.core.schemas import Answer
from app.core.secret_box import SecretBox
from app.core.settings import Settings
from app.core.upstreams.models import BUILTIN, Upstream

U = TypeVar("U", bound=Upstream)
A = TypeVar("A", bound=Answer)


class UpstreamService(Service[U, A]):
    def __init__(
        self,
        resource: str,
        plural: str,
        repository: Repository[U],
        answer: type[A],
        *,
        version: str | None = None,
    ) -> None:
        super().__init__(resource, plural, repository, answer, version=version)
        self._purpose = f"{resource}.key"

    def key_of(self, settings: Settings, row: U) -> str | None:
        """Raises SecretUnreadableError."""
        return None if row.sealed_key is None else SecretBox.of(settings, self._purpose).open(row.sealed_key)

    async def create(self, session: AsyncSession, values: Mapping[str, Any]) -> U:
        return await super().create(session, self._sealed(session, values))

    async def update(self, session: AsyncSession, id_: int, values: Mapping[str, Any]) -> U:
        return await super().update(session, id_, self._sealed(session, values))

    def _sealed(self, session: AsyncSession, values: Mapping[str, Any]) -> dict[str, Any]:
        """What was typed as `key` becomes what is kept; null and empty take it away; left out, it stays."""
        kept = dict(values)
        if "key" in kept:
            key = kept.pop("key")
            settings: Settings = session.info[SETTINGS]
            kept["sealed_key"] = SecretBox.of(settings, self._purpose).seal(key) if key else None
        return kept

    async def check(self, session: AsyncSession, row: U) -> None:
        if row.kind == BUILTIN:
            row.base_url = ""
        elif not row.base_url:
            raise not_valid("base_url", "missing", "Say where the service is.")
        is_new = not inspect(row).persistent
        moved = is_new or _changed(row, "base_url") or _changed(row, "kind")
        if moved and not is_new and row.has_key and not _changed(row, "sealed_key"):
            # Or whoever may change a provider could have its key sent to a server of his own.
            raise not_valid("key", "key_needed", "The stored key belongs to the former address: enter it again.")
        opens = row.allow_private and (moved or _changed(row, "allow_private"))
        check_reach(session, row.base_url, allow_private=row.allow_private, opens=opens, field="base_url")


def check_reach(session: AsyncSession, url: str, *, allow_private: bool, opens: bool, field: str) -> None:
    """Refuse an address that must not be asked. `opens`: this change lets it be inside; an administrator's to allow."""
    writer = written_by(session)
    if opens and writer is not None and not writer.is_administrator:
        message = "Only an administrator may point the product at this machine or a private network."
        raise field_problem(ErrorCode.PERMISSION_DENIED, "allow_private", "administrator_only", message)
    try:
        refuse_literal(url, allow_private=allow_private)
    except AddressRefusedError as error:
        raise not_valid(field, "address_refused", str(error)) from None


def _changed(row: Upstream, field: str) -> bool:
    return bool(inspect(row).attrs[field].history.has_changes())
