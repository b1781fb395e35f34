"""Codes as people see and type them: four groups of five, 100 bits, no letter that looks like another."""

import secrets

# Crockford's alphabet: no I, L, O and U. Whoever types one of them means 1, 1 or 0.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})
BITS = 5  # of a letter
LENGTH = 20
GROUP = 5


def make_code() -> str:
    number = secrets.randbits(LENGTH * BITS)
    return "".join(ALPHABET[number >> place & 31] for place in range(0, LENGTH * BITS, BITS))


def normalise(text: str) -> str:
    return text.upper().translate(LOOKALIKES)


def grouped(code: str) -> str:
    return "-".join(code[place : place + GROUP] for place in range(0, len(code), GROUP))
