"""An administrator who asks, and rights that a test chooses."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi import FastAPI

from app.core.principal import FindPrincipal, Principal
from tests.app.harness import Person, SignInAs

Holding = Callable[..., None]


@pytest.fixture
async def admin(sign_in_as: SignInAs) -> Person:
    return await sign_in_as("grace", is_administrator=True)


@pytest.fixture
def holding(app: FastAPI) -> Holding:
    """`holding(labels)`: from now on everybody who asks holds exactly these."""
    find: FindPrincipal = app.state.find_principal

    def hold(*labels: str) -> None:
        async def found(token: str) -> Principal:
            return replace(await find(token), permissions=frozenset(labels))

        app.state.find_principal = found

    return hold
