"""The report that each backup leaves, and whether one was asked for."""

from datetime import datetime

from pydantic import Field

from app.core.schemas import Answer


class KeptBackup(Answer):
    """One that can be restored: `ansible-playbook playbooks/restore.yml -e backup_snapshot=ID`."""

    id: str
    made_at: datetime
    release: str = ""


class GoodBackup(Answer):
    """The newest that was restored on trial and found equal."""

    snapshot: str
    made_at: datetime
    release: str
    revision: str = Field(description="Revision of the schema.")
    tables: int
    rows: int
    files: int
    bytes: int
    bytes_added: int = Field(description="What it added to the repository: what is there already is not stored again.")


class BackupReport(Answer):
    repository: str = Field(description="Where to, without any password.")
    ok: bool | None = Field(description="How the last one went; null while the first is taken.")
    running_since: datetime | None
    finished_at: datetime | None
    seconds: float | None
    message: str = Field(description="Why it failed.")
    fix: str
    last_good: GoodBackup | None
    snapshots: list[KeptBackup] = Field(description="Those that are kept, newest first.")


class BackupState(Answer):
    is_offered: bool = Field(description="Whether backups are taken on this machine at all.")
    requested_at: datetime | None = Field(description="Somebody asked for one that has not begun yet.")
    report: BackupReport | None = Field(description="Null before the first.")
