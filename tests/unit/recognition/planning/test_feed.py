"""The calendar and the amounts of an audit pack, as others read them."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from app.recognition.planning.feed import Event, as_calendar
from app.recognition.planning.pack import exact, safe_name

AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def lines(*events: Event) -> list[str]:
    return as_calendar(events, name="A node", at=AT).decode().replace("\r\n ", "").split("\r\n")


def test_a_day_is_a_whole_day_in_a_calendar() -> None:
    made = lines(Event("a", date(2026, 12, 31), "It ends", "2 h missing", "https://x.example/a"))
    assert made[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert "DTSTART;VALUE=DATE:20261231" in made
    assert "DTEND;VALUE=DATE:20270101" in made
    assert "DTSTAMP:20261128T120000Z" in made
    assert made[-2:] == ["END:VCALENDAR", ""]


def test_texts_of_others_cannot_add_lines() -> None:
    made = lines(Event("a", date(2026, 12, 31), "x\r\nATTACH:evil;,\\\x07", "a\nb", "https://x"))
    assert not any(line.startswith("ATTACH") for line in made)
    assert r"SUMMARY:x\nATTACH:evil\;\,\\" in made
    assert r"DESCRIPTION:a\nb" in made


def test_long_lines_are_folded_between_characters() -> None:
    title = "桥梁抗震设计" * 20
    raw = as_calendar([Event("a", date(2026, 12, 31), title, "", "https://x")], name="n", at=AT)
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    assert f"SUMMARY:{title}" in raw.decode().replace("\r\n ", "")


@pytest.mark.parametrize(
    ("amount", "told"),
    [("3/2", "1.5"), ("4/3", "4/3"), ("12", "12"), ("0", "0"), ("1/8", "0.125"), ("100", "100")],
)
def test_an_amount_is_a_decimal_where_one_says_it_exactly(amount: str, told: str) -> None:
    assert exact(Fraction(amount)) == told


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("a b\\c.pdf", "a_b_c.pdf"),
        ("报告", "file"),
        ("", "file"),
    ],
)
def test_names_in_a_pack_are_no_paths(name: str, safe: str) -> None:
    assert safe_name(name) == safe
