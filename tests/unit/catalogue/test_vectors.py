"""The many ways of writing one thing, case by case in ``vectors/*.tsv``."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.catalogue import amounts, codes, dates, durations, languages, licences

VECTORS = Path(__file__).parent / "vectors"


def _licence(text: str) -> tuple[str | None, ...]:
    read = licences.read(text)
    return read.text, read.code


def _duration(text: str) -> tuple[str | None, ...]:
    read = durations.read(text)
    return read.iso, read.code


def _date(text: str) -> tuple[str | None, ...]:
    known = dates.moment(text)
    return known, None if known else dates.fault(text)


def _money(text: str) -> tuple[str | None, ...]:
    read = amounts.money(text)
    return read.amount, read.currency, read.code


def _credit(text: str) -> tuple[str | None, ...]:
    number, unit = amounts.credit_value(text)
    several = unit and amounts.is_ambiguous(unit)
    return (
        number,
        amounts.credit_unit(unit) if unit else None,
        "W-CREDIT-UNIT-AMBIGUOUS" if several else None,
    )


READERS: dict[str, Callable[[str], tuple[str | None, ...]]] = {
    "licences": _licence,
    "languages": lambda text: (languages.tag(text),),
    "durations": _duration,
    "dates": _date,
    "zones": lambda text: (dates.timezone(text),),
    "money": _money,
    "credits": _credit,
    "countries": lambda text: (codes.country(text),),
    "delivery": lambda text: (codes.delivery(text),),
    "access": lambda text: (codes.access(text),),
}


def test_every_file_of_cases_is_read() -> None:
    assert {path.stem for path in VECTORS.glob("*.tsv")} >= set(READERS)


@pytest.mark.parametrize("name", READERS)
def test_what_sources_write_is_read_as_it_is_meant(name: str) -> None:
    cases = (VECTORS / f"{name}.tsv").read_text().splitlines()
    assert len(cases) > 8
    wrong = {}
    for case in cases:
        written, *expected = case.split("\t")
        read = [one or "" for one in READERS[name](written)]
        if read != [*expected, *[""] * (len(read) - len(expected))]:
            wrong[written] = (read, expected)
    assert wrong == {}


@pytest.mark.parametrize(
    "evil",
    ["cc-by" + "-nc" * 100, "cc by" + " _" * 140, "creative commons " * 17, "(" * 300, "1 " * 150,
     "1" * 300, "1 a" * 100, "a " * 150, "1,1" * 100, "March " * 50, "half " * 60, "1-" * 150],
)  # fmt: skip
def test_no_text_keeps_a_reader_busy(evil: str) -> None:
    started = time.process_time()
    for read in READERS.values():
        read(evil)
    assert time.process_time() - started < 0.5
