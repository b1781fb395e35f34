"""Writes docs/variables.md from the argument specs of all roles: python docs/variables.py. A test compares the two."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "variables.md"
HEAD = """# Variables

Written by `docs/variables.py` from `roles/*/meta/argument_specs.yml`; change those, then run it.

What you edit is `inventory/<name>/group_vars/all.yml`. A variable that is misspelt, or of another type, is refused
before anything is touched.
"""
# Lists and dictionaries are told by what they hold.
TYPES = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "path": "path",
    "dict": "dictionary",
}


def plain(text: str) -> str:
    """Turn Ansible's markup into Markdown."""
    return re.sub(r"\b[CVO]\(([^)]*)\)", r"`\1`", text)


def type_of(option: dict[str, Any]) -> str:
    """Say what a value must be."""
    if "choices" in option:
        return "one of " + ", ".join(f"`{choice}`" for choice in option["choices"])
    if option["type"] == "list":
        return f"list of {TYPES[option['elements']]}s".replace("dictionarys", "dictionaries")
    return TYPES[option["type"]]


def default_of(option: dict[str, Any]) -> str:
    """Say what holds when nothing is given."""
    if option.get("required"):
        return "required"
    if "default" not in option:
        return "optional"
    value = option["default"]
    return f"default `{value if isinstance(value, str) and value else json.dumps(value)}`"


def entry(name: str, option: dict[str, Any], indent: str = "") -> list[str]:
    """Return the lines of one variable, and of what it is made of."""
    description = option["description"]
    words = " ".join(description) if isinstance(description, list) else description
    lines = [f"{indent}- **`{name}`** ({type_of(option)}, {default_of(option)}): {plain(words)}"]
    for part, inner in option.get("options", {}).items():
        lines += entry(part, inner, indent + "  ")
    return lines


def page() -> str:
    """Return the whole page: the site-wide choices first, then role by role."""
    files = sorted(
        PROJECT.glob("roles/*/meta/argument_specs.yml"), key=lambda file: (file.parts[-3] != "groundwork", file)
    )
    lines = [HEAD]
    for file in files:
        spec = yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"]["main"]
        if spec.get("options"):
            lines += [f"## {file.parts[-3]}: {spec['short_description']}", ""]
            for name, option in spec["options"].items():
                lines += entry(name, option)
            lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
