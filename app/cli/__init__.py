"""The command line: `python -m app`."""

import typer

from app.cli import data, database, document, prepare, seed, users, worker

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
cli.add_typer(database.cli, name="db")
cli.add_typer(data.cli, name="data")
cli.add_typer(users.cli, name="users")
cli.add_typer(worker.cli, name="worker")
cli.command("prepare")(prepare.prepare)
cli.command("seed")(seed.seed)
cli.command("openapi")(document.openapi)
