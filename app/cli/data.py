"""`data`: everything in the database as one file, out and in again."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.backup.portable.errors import PortableError
from app.backup.portable.loading import load
from app.backup.portable.manifest import Manifest
from app.backup.portable.reading import Archive
from app.backup.portable.writing import export as write_export
from app.core.database import Database
from app.core.settings import Settings, get_settings

PATIENCE_SECONDS = 60.0
EXPECTED = (PortableError, OSError)
cli = typer.Typer(no_args_is_help=True, help="All data as one file, for another installation or another database.")
File = Annotated[Path, typer.Argument(metavar="FILE.zip")]


def _refuse(error: Exception) -> typer.Exit:
    typer.echo(f"it did not succeed: {error}", err=True)
    return typer.Exit(1)


async def _export(settings: Settings, path: Path, *, files: bool) -> tuple[Manifest, int]:
    async def quietly(_: float, __: str) -> None:
        """A command's output is its result."""

    database = Database(settings, patience=PATIENCE_SECONDS)
    try:
        return await write_export(database, path, files=files, progress=quietly)
    finally:
        await database.close()


@cli.command()
def export(
    file: File,
    *,
    files: Annotated[bool, typer.Option("--files", help="With the pictures that were made.")] = False,
) -> None:
    """Write all data to a new file, as it is at this moment, while the product goes on working."""
    if file.exists():
        typer.echo(f"{file} is there already; it is left as it is.", err=True)
        raise typer.Exit(1)
    try:
        manifest, size = asyncio.run(_export(get_settings(), file, files=files))
    except EXPECTED as error:
        raise _refuse(error) from error
    typer.echo(f"written: {file}, {size} bytes, {_words(manifest)}")
    typer.echo("Keep it as you keep the database: password hashes and everything that people wrote are in it.")


@cli.command()
def verify(file: File) -> None:
    """Read all of a file and hold it against its manifest. Needs no database."""
    try:
        with Archive(file) as archive:
            archive.check(typer.echo)
            manifest = archive.manifest
    except EXPECTED as error:
        raise _refuse(error) from error
    typer.echo(f"whole: {_words(manifest)}; made {manifest.made_at:%F %T}Z by {manifest.product} {manifest.version}")


@cli.command("import")
def import_(
    file: File,
    *,
    into_empty_only: Annotated[
        bool,
        typer.Option("--into-empty-only", help="Refuse also an installation that has nothing but what a seed wrote."),
    ] = False,
) -> None:
    """Bring a file into a new installation, whose database it replaces. Stop the product before."""
    from app.jobs.engine.durable import migrate as migrate_engine  # large: only this command needs it

    settings = get_settings()
    try:
        loaded = load(settings, file, into_empty_only=into_empty_only, migrate_engine=migrate_engine, tell=typer.echo)
    except EXPECTED as error:
        raise _refuse(error) from error
    typer.echo(f"imported: {loaded.rows} rows, {loaded.files} files, from {_words(loaded.manifest)}")
    if loaded.sealed:
        typer.echo(
            f"warning: {loaded.sealed} keys of other services were sealed with another secret key than this "
            "installation's. Enter them again, or give it the secret key of the one that the file comes from.",
            err=True,
        )
    if loaded.replaced:
        typer.echo(
            f"warning: {loaded.replaced} texts had the character NUL, not for PostgreSQL; it is U+FFFD now.",
            err=True,
        )
    typer.echo("Accounts and passwords are those of the file now. Start the product; then `ansible-playbook site.yml`.")


def _words(manifest: Manifest) -> str:
    rows = sum(part.rows for part in manifest.tables)
    files = "without files" if manifest.files is None else f"{manifest.files.count} files"
    return f"{len(manifest.tables)} tables with {rows} rows, {files}, schema {manifest.revision}"
