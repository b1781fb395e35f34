"""Every route of the OpenAPI document, asked what its schema allows and forbids: nothing undocumented, no 5xx.

Cases an operation, person and mode: APP_FUZZ_CASES.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.python import asgi
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.core.passwords import Passwords
from app.core.settings import Settings
from app.iam.users.models import User
from app.images.seed import ensure_image_providers
from app.main import create_app
from app.system.parameters.service import ensure_parameters
from app.system.seed import ensure_dictionaries
from tests.app.harness import PASSWORD

# Read when this file is loaded: the fixtures take every APP_ setting away.
CASES = int(os.environ.get("APP_FUZZ_CASES") or 3)
# Never ends by itself.
STREAMS = {"listen", "listen_to_job"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
PEOPLE = ("anonymous", "ordinary", "administrator")


@pytest.fixture(scope="module")
def fuzzed_app(tmp_path_factory: pytest.TempPathFactory, new_settings: Callable[..., Settings]) -> FastAPI:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    no_limits = dict.fromkeys(
        ("login_account_address_failures", "login_address_failures", "login_account_failures"), 10**9
    )
    settings = new_settings(folder, **no_limits)
    app = create_app(settings)

    async def prepare() -> None:
        async with app.router.lifespan_context(app):
            database = app.state.database
            await ensure_parameters(database)
            await ensure_dictionaries(database)
            await ensure_image_providers(database)
            async with database.work() as work:
                hashed = Passwords().hash(PASSWORD)
                (await work.writing()).add_all(
                    User(username=name, display_name=name, password_hash=hashed, is_administrator=name == PEOPLE[2])
                    for name in PEOPLE[1:]
                )

    asyncio.run(prepare())
    return app


def _token(app: FastAPI, name: str) -> str:
    """A new one for each operation, because the one before may have ended the session.

    Through schemathesis' own client: it keeps one lifespan of the app for all of its requests.
    """
    application: Any = app
    with asgi.get_client(application) as client:
        form = {"username": name, "password": PASSWORD}
        answer = client.post("http://testserver/api/v1/auth/login", data=form)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def _ask(operation: APIOperation[Any, Any, Any, Any], headers: dict[str, str], mode: GenerationMode) -> None:
    @hypothesis_settings(
        max_examples=CASES,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("person", PEOPLE)
def test_nothing_undocumented_and_no_fault_of_ours(fuzzed_app: FastAPI, person: str) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", fuzzed_app)
    asked, failures = 0, []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        if operation.definition.raw["operationId"] in STREAMS:
            continue
        headers = {} if person == PEOPLE[0] else {"Authorization": f"Bearer {_token(fuzzed_app, person)}"}
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                _ask(operation, headers, mode)
            except Unsatisfiable:
                continue  # nothing can be wrong with a request that has nothing in it
            except (AssertionError, ExceptionGroup) as failure:
                more = getattr(failure, "exceptions", ())
                failures.append("\n".join(map(str, (f"{operation.label} ({mode.value})", failure, *more))))
        asked += 1
    assert not failures, "\n\n".join(failures)
    assert asked > 100
