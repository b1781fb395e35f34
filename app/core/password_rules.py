"""Which passwords are too easy to guess. What was used before is the account's own matter."""

import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

from app.core.errors import not_valid

SHORTEST_NAME = 4  # a shorter one is found in too many good passwords
FEWEST_DIFFERENT = 5
LEET = str.maketrans("013457@$!", "oleastasi")


@cache
def _common() -> frozenset[str]:
    words = Path(__file__).with_name("common_passwords.txt").read_text("utf-8").split()
    return frozenset(_stem(word) for word in words)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _stem(password: str) -> str:
    """What is left of `P@ssw0rd2026!` when what everybody adds and swaps is taken away: `password`."""
    letters = password.strip("0123456789 !?.,;:*#-_+&%/()\"'^~=<>|").translate(LEET)
    return letters or password


def _is_run(password: str) -> bool:
    """`123456789012`, `abcdefghijkl`: each character one after the last, or one before it."""
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return bool(steps) and (steps <= {1, -9} or steps <= {-1, 9})


def refuse_weak_password(password: str, *, field: str, shortest: int, names: tuple[str | None, ...]) -> None:
    """Raise 422 for the field when the password is short, common, or holds one of the person's names or addresses."""
    if len(password) < shortest:
        raise not_valid(field, "password_too_short", f"A password has at least {shortest} characters.")
    folded = _fold(password)
    for name in names:
        for part in {_fold(name or ""), _fold(name or "").partition("@")[0]}:
            if len(part) >= SHORTEST_NAME and part in folded:
                raise not_valid(field, "password_contains_name", "The password holds the name or the address.")
    if len(set(folded)) < FEWEST_DIFFERENT or _is_run(folded) or _stem(folded) in _common() or folded in _common():
        raise not_valid(field, "password_too_common", "This password is among the first to be tried.")
