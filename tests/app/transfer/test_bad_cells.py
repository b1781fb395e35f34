"""Fifty bad cells of many kinds in one workbook a list: each is reported at its place, and nothing else is."""

from datetime import datetime
from typing import Any

import pytest

from tests.app.harness import AddUser
from tests.app.transfer.conftest import Desk, workbook

MOMENT = datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001 - as a spreadsheet has it
Case = tuple[tuple[Any, ...], str, str]  # the row, the letter of the bad column (of the whole row none), the code

USERS: list[Case] = [
    (("", "A", "", "", "Yes", "No"), "A", "required"),
    (("x" * 65, "A", "", "", "", ""), "A", "string_too_long"),
    (("a\tb", "A", "", "", "", ""), "A", "string_pattern_mismatch"),
    ((MOMENT, "A", "", "", "", ""), "A", "text_expected"),
    (("u5", "", "", "", "", ""), "B", "missing"),
    (("u6", "x" * 129, "", "", "", ""), "B", "string_too_long"),
    (("u7", "a\nb", "", "", "", ""), "B", "string_pattern_mismatch"),
    (("u8", "   ", "", "", "", ""), "B", "missing"),
    (("u9", "A", "no address", "", "", ""), "C", "email_invalid"),
    (("u10", "A", "taken@example.org", "", "", ""), "C", "taken"),
    (("u11", "A", "twice@example.org", "", "", ""), "", ""),
    (("u12", "A", "twice@example.org", "", "", ""), "C", "duplicate_in_file"),
    (("u13", "A", "", "nobody", "", ""), "D", "unknown"),
    (("u14", "A", "", "clerk, nobody", "", ""), "D", "unknown"),
    (("u15", "A", "", "", "perhaps", ""), "E", "not_a_choice"),
    (("u16", "A", "", "", 2, ""), "E", "not_a_choice"),
    (("u17", "A", "", "", "", "x"), "F", "not_a_choice"),
    (("u11", "Again", "", "", "", ""), "A", "duplicate_in_file"),
    (("u19", "#N/A", "", "", "", ""), "B", "cell_error"),
    (("u20", MOMENT, "", "", "", ""), "B", "text_expected"),
]
PARAMETERS: list[Case] = [
    (("", "A", "Line of text", "1", "", ""), "A", "required"),
    (("Upper", "A", "", "1", "", ""), "A", "string_pattern_mismatch"),
    (("k" * 65, "A", "", "1", "", ""), "A", "string_too_long"),
    (("k.d", "", "", "1", "", ""), "B", "missing"),
    (("k.e", "A", "number", "1", "", ""), "C", "not_a_choice"),
    (("k.f", "A", "Whole number", "1.5", "", ""), "D", "wrong_value"),
    (("k.g", "A", "On or off", "maybe", "", ""), "D", "wrong_value"),
    (("k.h", "A", "JSON", "{", "", ""), "D", "wrong_value"),
    (("k.i", "A", "Line of text", "a\nb", "", ""), "D", "wrong_value"),
    (("k.j", "A", "", MOMENT, "", ""), "D", "text_expected"),
    (("k.k", "A", "", "v" * 20_001, "", ""), "D", "string_too_long"),
    (("k.l", "A", "", "1", "secret", ""), "E", "not_a_choice"),
    (("k.m", "A", "", "1", "", "x" * 513), "F", "string_too_long"),
    (("mine", "A", "", "1", "Yes", ""), "E", "fixed"),
    (("k.o", "A", "", "#REF!", "", ""), "D", "cell_error"),
]
ITEMS: list[Case] = [
    (("", "v", "L", "", "", "", ""), "A", "required"),
    (("none", "v", "L", "", "", "", ""), "A", "unknown"),
    (("size", "", "L", "", "", "", ""), "B", "required"),
    (("size", "v4", "", "", "", "", ""), "C", "missing"),
    (("size", "v5", "L", "pink", "", "", ""), "D", "not_a_choice"),
    (("size", "v6", "L", "", "first", "", ""), "E", "number_expected"),
    (("size", "v7", "L", "", 1.5, "", ""), "E", "whole_number_expected"),
    (("size", "v8", "L", "", 1_000_001, "", ""), "E", "less_than_equal"),
    (("size", "v9", "L", "", -1_000_001, "", ""), "E", "greater_than_equal"),
    (("size", "v10", "L", "", True, "", ""), "E", "number_expected"),
    (("size", "v11", "L", "", MOMENT, "", ""), "E", "number_expected"),
    (("size", "v12", "L", "", "", "off course", ""), "F", "not_a_choice"),
]
CODES: list[Case] = [
    (("", 1, "", "", ""), "A", "required"),
    (("ABC", 1, "", "", ""), "A", "value_error"),
    (("中文", 1, "", "", ""), "A", "string_pattern_mismatch"),
    (("AAAAA-BBBBB-CCCCC-DDDD7", "", "", "", ""), "B", "missing"),
    (("AAAAA-BBBBB-CCCCC-DDDD0", 0, "", "", ""), "B", "greater_than_equal"),
    (("AAAAA-BBBBB-CCCCC-DDDD1", 4000, "", "", ""), "B", "less_than_equal"),
    (("AAAAA-BBBBB-CCCCC-DDDD2", 1, "lower", "", ""), "C", "string_pattern_mismatch"),
    (("AAAAA-BBBBB-CCCCC-DDDD3", 1, "", "n" * 513, ""), "D", "string_too_long"),
]
ALL = {
    "users": (("User name", "Name", "E-mail", "Roles", "Active", "Administrator"), USERS),
    "parameters": (("Key", "Name", "Type", "Value", "Secret", "Description"), PARAMETERS),
    "dictionary_items": (("Dictionary", "Value", "Label", "Colour", "Order", "In use", "Default"), ITEMS),
    "activation_codes": (("Code", "Days", "Batch", "Note", "In use"), CODES),
}


def test_there_are_fifty_of_them() -> None:
    assert sum(1 for _, cases in ALL.values() for _, _, code in cases if code) >= 50


@pytest.mark.parametrize("resource", ALL)
async def test_each_at_its_place(desk: Desk, add_user: AddUser, resource: str) -> None:
    headings, cases = ALL[resource]
    await add_user("old", email="taken@example.org")
    await desk.person.send("POST", "/roles", {"code": "clerk", "name": "Clerk"})
    await desk.person.send("POST", "/dictionaries", {"code": "size", "name": "Size"})
    await desk.person.send("POST", "/parameters", {"key": "mine", "name": "Mine", "value": "1"})
    found = await desk.check(resource, workbook([headings, *(row for row, _, _ in cases)]))
    expected = [(f"{letter}{number}", code) for number, (_, letter, code) in enumerate(cases, 2) if code]
    assert await desk.issues(found["id"]) == expected
    assert (found["state"], found["error_count"]) == ("checked", len(expected))
