"""`users`: accounts from the command line."""

import asyncio
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from app.core.database import Database
from app.core.passwords import Passwords
from app.core.settings import get_settings
from app.iam.seed import NameTakenError, create_administrator
from app.iam.users.models import normalise_username
from app.iam.users.schemas import Username

cli = typer.Typer(no_args_is_help=True, help="Accounts.")


@cli.callback()
def _group() -> None:
    """Keeps `create-admin` a command of its own while it is the only one."""


async def _create(username: str) -> None:
    database = Database(get_settings())
    try:
        await create_administrator(database, Passwords(), username, typer.echo)
    finally:
        await database.close()


@cli.command()
def create_admin(username: Annotated[str, typer.Option(help="Name to sign in with.")]) -> None:
    """Make an administrator and print its random password, once."""
    try:
        name = TypeAdapter(Username).validate_python(normalise_username(username))
    except ValidationError as error:
        typer.echo("the name must have 1 to 64 characters and no control characters", err=True)
        raise typer.Exit(1) from error
    try:
        asyncio.run(_create(name))
    except NameTakenError as error:
        typer.echo(f"{error} exists already", err=True)
        raise typer.Exit(1) from error
