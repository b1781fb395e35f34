"""What a test has to arrange as administrator before a person comes: done through the API, since it is not the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.e2e.site import Site


@dataclass(frozen=True)
class Account:
    """Somebody who may log in."""

    id: int
    username: str
    password: str
    email: str


class Administrator:
    """A logged-in administrator without a browser."""

    def __init__(self, site: Site) -> None:
        self._leaving: list[tuple[str, int]] = []
        # The certificate of a lab machine is its own.
        self._http = httpx.Client(base_url=f"{site.url}/api/v1", verify=False, timeout=30)  # noqa: S501
        self._http.headers["X-Requested-With"] = "XMLHttpRequest"
        token = self.ask("POST", "/auth/login", data={"username": site.username, "password": site.password})
        self._http.headers["Authorization"] = f"Bearer {token['access_token']}"

    def ask(self, method: str, path: str, **how: Any) -> Any:
        """The JSON of an answer, which must be a good one."""
        answer = self._http.request(method, path, **how)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def miss(self, path: str) -> str:
        """Ask for what is not there; the id of that request."""
        answer = self._http.get(path)
        assert answer.status_code == 404, answer.text
        return str(answer.json()["request_id"])

    def close(self) -> None:
        """End the session."""
        self.take_leave()
        self.ask("POST", "/auth/logout")
        self._http.close()

    def _choose_password(self, username: str, given: str) -> str:
        """What a person does first with a password that an administrator gave."""
        own = f"Own-{uuid4().hex[:12]}"
        answer = self._http.post("/auth/login", data={"username": username, "password": given})
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        body = {"current_password": given, "new_password": own}
        self.ask("POST", "/users/me/password", json=body, headers=headers)
        self.ask("POST", "/auth/logout", headers=headers)
        return own

    @contextmanager
    def parameter(self, key: str, value: str) -> Iterator[None]:
        """Give a parameter another value for a while."""
        found = self.ask("GET", "/parameters", params={"q": key})["items"]
        row = next(item for item in found if item["key"] == key)
        self.ask("PATCH", f"/parameters/{row['id']}", json={"value": value})
        try:
            yield
        finally:
            self.ask("PATCH", f"/parameters/{row['id']}", json={"value": row["value"]})

    @contextmanager
    def account(self, *role_ids: int, display_name: str = "Mei Lin") -> Iterator[Account]:
        """Somebody new with these roles and a password of their own, gone again afterwards."""
        name = f"e2e-{uuid4().hex[:10]}"
        password, email = f"Keys-{uuid4().hex[:12]}", f"{name}@example.org"
        body = {"username": name, "display_name": display_name, "email": email, "password": password}
        made = self.ask("POST", "/users", json={**body, "role_ids": list(role_ids)})
        try:
            own = self._choose_password(name, password)
            yield Account(made["id"], name, own, email)
        finally:
            self._leaving.append(("/users/batch-delete", made["id"]))

    def role_id(self, code: str) -> int:
        """A role that every installation has."""
        return int(next(role["id"] for role in self.ask("GET", "/roles/options") if role["code"] == code))

    def menu_ids(self, *permissions: str) -> list[int]:
        """The pages and buttons that carry these labels."""
        return [menu["id"] for menu in self.ask("GET", "/menus") if menu["permission"] in permissions]

    @contextmanager
    def role(self, *permissions: str, name: str = "Short-lived", description: str = "") -> Iterator[int]:
        """A role with these labels, gone again afterwards."""
        body = {"code": f"e2e-{uuid4().hex[:10]}", "name": name, "description": description}
        made = self.ask("POST", "/roles", json={**body, "menu_ids": self.menu_ids(*permissions)})
        try:
            yield made["id"]
        finally:
            self._leaving.append(("/roles/batch-delete", made["id"]))

    def take_leave(self) -> None:
        """Delete whose time is over. Not before their pages are closed: those would rightly complain of it."""
        while self._leaving:
            path, id_ = self._leaving.pop(0)
            self.ask("POST", path, json={"ids": [id_]})

    def forget_registered(self, username: str) -> None:
        """Delete the account that a test has made by registering."""
        found = self.ask("GET", "/users", params={"q": username})["items"]
        self.ask("POST", "/users/batch-delete", json={"ids": [user["id"] for user in found]})
