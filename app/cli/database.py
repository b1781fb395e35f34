"""`db`: migrations."""

import os
import sqlite3
from pathlib import Path
from typing import Annotated

import typer
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from app.core.databases import provider_of
from app.core.migrations import (
    alembic_config,
    current_revisions,
    default_differs,
    is_ahead,
    is_ours,
    migration_heads,
    script_directory,
)
from app.core.settings import Settings, get_settings
from app.tables import metadata

cli = typer.Typer(no_args_is_help=True, help="The database's schema.")


# Told apart by the release flow: nothing was migrated, and the release is not to blame.
SNAPSHOT_FAILED = 3


class SnapshotFailedError(Exception):
    """The copy was not made, so nothing else was done."""


def take_snapshot(settings: Settings, output: Path) -> None:
    """Copy the database while others go on writing; what comes later is not in it. Raises SnapshotFailedError."""
    made = False
    try:
        # A new file of our own: never through a link that another process put there.
        os.close(os.open(output, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        made = True
        provider_of(settings).copy_to(output)
    except (sqlite3.Error, OSError) as error:
        if made:
            output.unlink(missing_ok=True)
        raise SnapshotFailedError(
            f"the snapshot {output} could not be taken, so nothing was changed: {error}"
        ) from error


def _named(revisions: frozenset[str]) -> str:
    return ", ".join(sorted(revisions)) or "nothing"


def _current(settings: Settings) -> frozenset[str]:
    with provider_of(settings).migrations().connect() as connection:
        return current_revisions(connection)


def _differences(settings: Settings) -> list[str]:
    with provider_of(settings).migrations().connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": default_differs, "include_name": is_ours}
        )
        return [str(difference) for difference in compare_metadata(context, metadata)]


def upgrade_to_head(settings: Settings, snapshot: Path | None = None) -> tuple[frozenset[str], frozenset[str]]:
    """(before, after). Waits for its turn to write; a migration that fails leaves the one before it.

    A schema that a later release made is left alone: it has all that this one needs. `snapshot` is where a copy goes
    before anything is migrated, while others still write; there is none of a new database.
    """
    from app.jobs.engine import durable  # large: only this command needs it, and not while nobody else may write

    provider = provider_of(settings)
    provider.prepare()
    before, heads = _current(settings), migration_heads(settings)
    if is_ahead(before, heads):
        return before, before
    if snapshot is not None and before and before != heads:
        take_snapshot(settings, snapshot)
    with provider.sole_writer():
        before = _current(settings)
        if before != heads:
            command.upgrade(alembic_config(settings), "head")
        durable.migrate(settings)
        return before, _current(settings)


Snapshot = Annotated[
    Path | None, typer.Option(help="Where to copy the database first, if there is a migration to run.")
]


@cli.command()
def upgrade(snapshot: Snapshot = None) -> None:
    """Bring the database to this release's schema."""
    try:
        before, after = upgrade_to_head(get_settings(), snapshot)
    except SnapshotFailedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(SNAPSHOT_FAILED) from error
    typer.echo(f"unchanged: at {_named(after)}" if before == after else f"changed: {_named(before)} -> {_named(after)}")


@cli.command("snapshot")
def snapshot_now(
    output: Annotated[Path, typer.Option(help="The new file; it must not exist.")],
) -> None:
    """Copy the database to a file, while the site goes on writing."""
    try:
        take_snapshot(get_settings(), output)
    except SnapshotFailedError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(SNAPSHOT_FAILED) from error
    typer.echo(f"written: {output}")


@cli.command()
def check() -> None:
    """Exit 1 and say why when the database is not at head, or when the models differ from it."""
    settings = get_settings()
    current, heads = _current(settings), migration_heads(settings)
    if is_ahead(current, heads):
        typer.echo(f"at {_named(current)}, which a later release made; this one needs {_named(heads)}")
        return
    if current != heads:
        typer.echo(
            f"the database is at {_named(current)}, this release needs {_named(heads)}: python -m app db upgrade"
        )
        raise typer.Exit(1)
    differences = _differences(settings)
    if differences:
        typer.echo("the models differ from the database: python -m app db revise -m '...'")
        for difference in differences:
            typer.echo(f"  {difference}")
        raise typer.Exit(1)
    typer.echo(f"at {_named(current)}, and the models agree")


@cli.command()
def revise(message: Annotated[str, typer.Option("--message", "-m", help="What changes, in a few words.")]) -> None:
    """Write a migration for what changed in the models, and apply it here."""
    settings = get_settings()
    if _current(settings) != migration_heads(settings):
        typer.echo("the database is behind the migrations; first: python -m app db upgrade")
        raise typer.Exit(1)
    if not _differences(settings):
        typer.echo("unchanged: the models and the database agree")
        return
    scripts = script_directory(settings)
    number = f"{sum(1 for _ in scripts.walk_revisions()) + 1:04d}"
    made = command.revision(alembic_config(settings), message, autogenerate=True, rev_id=number)
    path = made.path if made is not None and not isinstance(made, list) else number
    typer.echo(f"written: {path}")
    try:
        before, after = upgrade_to_head(settings)
    except Exception:
        typer.echo(
            f"It did not apply, and nothing was changed. Correct or delete {path}, then: python -m app db upgrade",
            err=True,
        )
        raise
    typer.echo(f"changed: {_named(before)} -> {_named(after)}; read the file before you commit it")
