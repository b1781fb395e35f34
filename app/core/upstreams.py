"""Services elsewhere that administrators enter (model servers): the rules of their address and their key, once for all.

A domain has a table of `Upstream` rows and a `UpstreamService` over it; what it asks of them goes through
app/core/outgoing.py.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import String, false, inspect, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crud import Repository, Service
from app.core.database import SETTINGS
from app.core.errors import ErrorCode, ProblemError, field_problem
from app.core.models import Record
from app.core.outgoing import AddressRefusedError, refuse_literal
from app.core.principal import written_by
from app.core.schemas import Answer
from app.core.secret_box import SecretBox
from app.core.settings import Settings

BUILTIN = "builtin"


class Upstream(Record):
    """Of the kind `builtin` there is no address: it is part of the product."""

    __abstract__ = True

    name: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(16))
    base_url: Mapped[str] = mapped_column(String(512), default="")
    sealed_key: Mapped[str | None] = mapped_column(String(2048), info={"secret": True})
    is_enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    allow_private: Mapped[bool] = mapped_column(default=False, server_default=false())
    sort_order: Mapped[int] = mapped_column(default=0, server_default="0")

    @property
    def has_key(self) -> bool:
        return self.sealed_key is not None


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
            raise _wrong("base_url", "missing", "Say where the service is.")
        is_new = not inspect(row).persistent
        moved = is_new or _changed(row, "base_url") or _changed(row, "kind")
        if moved and not is_new and row.has_key and not _changed(row, "sealed_key"):
            # Or whoever may change a provider could have its key sent to a server of his own.
            raise _wrong("key", "key_needed", "The stored key belongs to the former address: enter it again.")
        writer = written_by(session)
        opens = row.allow_private and (moved or _changed(row, "allow_private"))
        if opens and writer is not None and not writer.is_administrator:
            message = "Only an administrator may point a provider at this machine or a private network."
            raise field_problem(ErrorCode.PERMISSION_DENIED, "allow_private", "administrator_only", message)
        try:
            refuse_literal(row.base_url, allow_private=row.allow_private)
        except AddressRefusedError as error:
            raise _wrong("base_url", "address_refused", str(error)) from None


def _changed(row: Upstream, field: str) -> bool:
    return bool(inspect(row).attrs[field].history.has_changes())


def _wrong(field: str, rule: str, message: str) -> ProblemError:
    return field_problem(ErrorCode.VALIDATION_FAILED, field, rule, message)
