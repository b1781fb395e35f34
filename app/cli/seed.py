"""`seed`: what every installation needs in its database. Run by every release; a second run changes nothing."""

import asyncio
from functools import partial
from importlib import import_module
from typing import Annotated

import typer

from app.chat.seed import ensure_chat_providers
from app.cli.descriptors import read_line, require_writable, write_line
from app.core.database import Database
from app.core.passwords import Passwords
from app.core.settings import Environment, get_settings
from app.iam.menus.planting import ensure_rights
from app.iam.seed import (
    FIRST_ADMINISTRATOR,
    NameTakenError,
    create_administrator,
    ensure_demo_accounts,
    ensure_probe,
)
from app.images.seed import ensure_image_providers
from app.system.parameters.service import ensure_parameters
from app.system.seed import ensure_dictionaries

PATIENCE_SECONDS = 60.0


async def _seed(first_password_fd: int | None, probe_password: str | None, *, demo_data: bool = False) -> list[str]:
    database, passwords = Database(get_settings(), patience=PATIENCE_SECONDS), Passwords()
    changes: list[str] = []
    try:
        changes += await ensure_parameters(database)
        changes += await ensure_dictionaries(database)
        changes += await ensure_rights(database)
        changes += await ensure_chat_providers(database)
        changes += await ensure_image_providers(database)
        if first_password_fd is not None:
            hand_over = partial(write_line, first_password_fd)
            if await create_administrator(database, passwords, FIRST_ADMINISTRATOR, hand_over, only_if_none=True):
                changes.append(f"created administrator {FIRST_ADMINISTRATOR}")
        if probe_password is not None:
            change = await ensure_probe(database, passwords, probe_password)
            changes += [change] if change else []
        if demo_data:
            changes += await ensure_demo_accounts(database, passwords)
    finally:
        await database.close()
    return changes


FirstPasswordFd = Annotated[
    int | None,
    typer.Option(min=3, help="If there is no administrator, make one and write its password to this open descriptor."),
]
ProbePasswordFd = Annotated[
    int | None,
    typer.Option(min=0, help="Read a password from this descriptor; make sure the link check's user has it."),
]
DemoData = Annotated[bool, typer.Option("--demo-data", help="Make the demo accounts, whose passwords everybody knows.")]
DemoDataInProduction = Annotated[
    bool, typer.Option("--demo-data-in-production", help="Allow --demo-data where APP_ENVIRONMENT is production.")
]


def seed(
    first_password_fd: FirstPasswordFd = None,
    probe_password_fd: ProbePasswordFd = None,
    demo_data: DemoData = False,
    demo_data_in_production: DemoDataInProduction = False,
) -> None:
    """Fill in what every installation needs; prints what changed."""
    import_module("app.main")  # every domain, so that each has declared its parameters and labels
    if demo_data and not demo_data_in_production and get_settings().environment is Environment.PRODUCTION:
        typer.echo("demo accounts have known passwords: in production also say --demo-data-in-production", err=True)
        raise typer.Exit(1)
    if first_password_fd is not None:
        require_writable(first_password_fd)
    probe_password = None if probe_password_fd is None else read_line(probe_password_fd)
    try:
        changes = asyncio.run(_seed(first_password_fd, probe_password, demo_data=demo_data))
    except NameTakenError as error:
        typer.echo(f"another account is called {error}; rename it first", err=True)
        raise typer.Exit(1) from error
    for change in changes:
        typer.echo(f"changed: {change}")
    if not changes:
        typer.echo("unchanged")
