"""`openapi`: the document that the front end's types are generated from."""

from pathlib import Path
from typing import Annotated

import typer

from app.core.openapi import as_text
from app.core.settings import Settings


def openapi(output: Annotated[Path | None, typer.Option(help="File to write; else standard output.")] = None) -> None:
    """Print the OpenAPI document, sorted; the same on every machine."""
    from app.main import create_app

    # Built from the defaults: nothing of this machine's settings may show in it.
    text = as_text(create_app(Settings.model_construct()).openapi())
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
