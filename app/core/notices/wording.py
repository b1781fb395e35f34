"""Texts with `${name}` in them: the one thing that a template can do is to be filled in.

No expressions, no attributes, no loops: who may edit a text may not read more than what its kind gives away.
"""

import re
from collections.abc import Collection, Mapping
from string import Template


class WordingError(ValueError):
    """A text cannot be filled in. `rule` is stable, the message is a sentence."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class _Wording(Template):
    """`${name}` and `$$`; any other dollar sign is a mistake."""

    flags = re.ASCII
    pattern = r"""
        \$(?:
            (?P<escaped>\$) |
            (?P<named>(?!)) |
            {(?P<braced>[a-z][a-z0-9_]*)} |
            (?P<invalid>)
        )
    """  # type: ignore[assignment]  # Template compiles it for its subclasses


def check_wording(text: str, variables: Collection[str]) -> None:
    """Raise WordingError unless the text can be filled in with these."""
    wording = _Wording(text)
    if not wording.is_valid():
        raise WordingError("wording_invalid", "A dollar sign begins a variable, as in ${name}; write $$ for the sign.")
    unknown = sorted(set(wording.get_identifiers()) - set(variables))
    if unknown:
        raise WordingError("unknown_variable", f"There is no variable {unknown[0]} here.")


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """Values are put in as they are and not looked into again."""
    return _Wording(text).substitute(values)
