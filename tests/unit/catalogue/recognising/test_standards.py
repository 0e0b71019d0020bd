import time
from pathlib import Path

import pytest

from app.catalogue.recognising import standards

VECTORS = Path(__file__).parents[1] / "vectors" / "standards_in_text.tsv"


def test_standards_are_found_in_text_and_what_only_looks_like_one_is_not() -> None:
    cases = [line.split("\t") for line in VECTORS.read_text().splitlines()]
    assert len(cases) > 100
    wrong = {}
    for written, *expected in cases:
        found = "; ".join(one.standard.text for one in standards.find(written))
        if found != "".join(expected):
            wrong[written] = found
    assert wrong == {}


def test_body_number_part_and_year_are_told_apart() -> None:
    found = [one.standard for one in standards.find("BS EN 1992-1-1:2004, ASCE 7-16, Eurocode 3")]
    assert [(one.body, one.number, one.part, one.year) for one in found] == [
        ("BS EN", "1992", "1-1", "2004"), ("ASCE", "7", None, "2016"), ("EN", "1993", None, None),
    ]  # fmt: skip


def test_a_standard_says_where_it_stands() -> None:
    text = "Nach DIN 1045-1 bemessen"
    (found,) = standards.find(text)
    assert text[found.start : found.end] == "DIN 1045-1"


def test_only_a_text_that_is_a_standard_as_a_whole_is_parsed_as_one() -> None:
    standard = standards.parse("СП  20.13330.2016")
    assert standard is not None
    assert standard.year == "2016"
    assert standards.parse("see ISO 9001") is None
    assert standards.parse("ISO 9001" + " " * 100 + "x") is None


@pytest.mark.parametrize(
    "evil",
    ["ISO 9 " * 20_000, "A 1" * 20_000, "1-" * 20_000, "EN ISO/IEC " * 5_000 + "1", "1 " * 50_000,
     "ГОСТ Р ИСО " * 5_000, "JTG D60-" * 9_000, "ISO 9001:2015-1-1-1-1-1-1-1" * 3_000],
)  # fmt: skip
def test_no_text_keeps_the_reader_busy(evil: str) -> None:
    started = time.process_time()
    assert len(list(standards.find(evil))) <= standards.MAX_NUMBERS
    assert time.process_time() - started < 0.5
