"""CSV that a spreadsheet opens without running anything."""

import csv
import io

import pytest

from app.core.csv import cell, lines


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "   @x"])
def test_a_formula_becomes_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["a=1", "", "1", "a-b", 5, -5, -1.5, None, True])
def test_anything_else_is_left_alone(value: object) -> None:
    assert cell(value) == value


def test_quotes_commas_and_lines_survive() -> None:
    rows: list[list[object]] = [['a"b', "c,d", "e\nf", "中文"], ["=x", None, 1, True]]
    assert list(csv.reader(io.StringIO(lines(rows)))) == [['a"b', "c,d", "e\nf", "中文"], ["'=x", "", "1", "True"]]
