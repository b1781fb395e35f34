"""docs/variables.md says what the argument specs say."""

from __future__ import annotations

import importlib.util

import yaml

from tests.provision.conftest import PROJECT


def test_the_page_is_current() -> None:
    spec = importlib.util.spec_from_file_location("variables_page", PROJECT / "docs/variables.py")
    assert spec is not None
    assert spec.loader is not None
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    assert writer.PAGE.read_text(encoding="utf-8") == writer.page(), "stale: python docs/variables.py"


def test_every_default_of_every_role_is_on_it() -> None:
    text = (PROJECT / "docs/variables.md").read_text(encoding="utf-8")
    names = {
        name
        for file in PROJECT.glob("roles/*/defaults/main.yml")
        for name in yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    }
    assert len(names) > 30
    assert [name for name in sorted(names) if f"**`{name}`**" not in text] == []
