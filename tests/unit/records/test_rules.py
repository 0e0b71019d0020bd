"""The rules a completion is held to."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.records.model import CourseFacts, Holder, Identifier, NewCompletion
from app.records.rules import check
from app.records.texts import clean, is_web_address

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GOOD = NewCompletion(
    holder=Holder("urn:uuid:2f1c3c1e-0d5c-4b2e-9a58-0d7a4f6f7c11"),
    completed_on=date(2026, 11, 20),
    kind="course",
    mode="onsite",
    role="participant",
    assessed=False,
    course=CourseFacts({"en": "Title"}),
    contact_minutes=60,
)


def codes(**changes: Any) -> list[tuple[str, str]]:
    return [(found.pointer, found.code) for found in check(replace(GOOD, **changes), at=AT)]


def test_a_good_completion_keeps_all_rules() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"holder": Holder()}, ("/holder", "holder-missing")),
        ({"holder": Holder("urn:uuid:2F1C3C1E-0D5C-4B2E-9A58-0D7A4F6F7C11")},
         ("/holder/id", "holder-id-form")),
        ({"holder": Holder(None, (Identifier("emailAddress", "a@b.example"),))},
         ("/holder/identifiers/0/type", "value-unknown")),
        ({"holder": Holder(None, (Identifier("ext:RegisterNumber", " "),))},
         ("/holder/identifiers/0/value", "text-missing")),
        ({"holder": Holder(None, (Identifier("ext:AccountId", "1"),) * 2)},
         ("/holder/identifiers", "value-twice")),
        ({"course": None}, ("/course", "course-either")),
        ({"course_id": "c"}, ("/course", "course-either")),
        ({"course": CourseFacts({"english": "T"})}, ("/course/title", "language-form")),
        ({"course": CourseFacts({"en": "x" * 301})}, ("/course/title/en", "text-long")),
        ({"course": CourseFacts({"en": "a\nb"})}, ("/course/title/en", "text-control")),
        ({"course": CourseFacts({"en": "\ud800"})}, ("/course/title/en", "text-control")),
        ({"course": CourseFacts({"en": "a\u2028b"})}, ("/course/title/en", "text-control")),
        ({"course": CourseFacts({"en": "a\u202eb"})}, ("/course/title/en", "text-control")),
        ({"course": CourseFacts({"en": "_:b0"})}, ("/course/title/en", "text-blank-node")),
        ({"course": CourseFacts({"en": "T"}, "https://")}, ("/course/url", "url-form")),
        ({"course": CourseFacts({"en": "T"}, "https://a:b@c.example/")},
         ("/course/url", "url-form")),
        ({"course_run": ""}, ("/course_run", "text-missing")),
        ({"completed_on": date(2026, 11, 24)}, ("/completed_on", "date-future")),
        ({"completed_on": date(1026, 11, 24)}, ("/completed_on", "date-early")),
        ({"contact_minutes": None}, ("/contact_minutes", "measure-missing")),
        ({"contact_minutes": 0}, ("/contact_minutes", "measure-range")),
        ({"workload_minutes": 10**9}, ("/workload_minutes", "measure-range")),
        ({"workload_minutes": 30}, ("/workload_minutes", "measure-order")),
        ({"full_days": 0.3}, ("/full_days", "measure-range")),
        ({"full_days": float("nan")}, ("/full_days", "measure-range")),
        ({"full_days": float("inf")}, ("/full_days", "measure-range")),
        ({"full_days": 0.5, "contact_minutes": 800}, ("/contact_minutes", "measure-order")),
        ({"kind": "party"}, ("/kind", "value-unknown")),
        ({"mode": "hybrid"}, ("/mode", "value-unknown")),
        ({"role": "guest"}, ("/role", "value-unknown")),
        ({"tags": ("ethics", "ethics")}, ("/tags", "value-twice")),
        ({"tags": ("fun",)}, ("/tags/0", "value-unknown")),
        ({"competences": ("EC0",)}, ("/competences/0", "value-unknown")),
        ({"fields": ("73",)}, ("/fields/0", "field-form")),
        ({"fields": ("٠٧٣٢",)}, ("/fields/0", "field-form")),
        ({"result": "A"}, ("/result", "result-unassessed")),
        ({"assessed": True, "result": "x" * 61}, ("/result", "text-long")),
        ({"standards": tuple(f"ISO {n}" for n in range(21))}, ("/standards", "too-many")),
        ({"standards": ("ISO\x009001",)}, ("/standards/0", "text-control")),
    ],
)  # fmt: skip
def test_each_rule_names_its_field_and_code(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in codes(**changes)


def test_every_finding_is_told_at_once() -> None:
    assert len(codes(kind="x", mode="y", contact_minutes=None, course=None)) == 4


@pytest.mark.parametrize(
    "url",
    ["https://a.example/x?y=z#w", "http://127.0.0.1:8000/courses/1", "https://xn--r8j.example/"],
)
def test_web_addresses_are_taken(url: str) -> None:
    assert is_web_address(url)


@pytest.mark.parametrize(
    "url",
    ["", "https://", "https:///x", "ftp://a.example", "javascript:alert(1)", "//a.example",
     "https://a.example/<b>", "https://a.example/ x", "https://a.example:99999/",
     "https://a.example/\n", "https://[::1", "https://a.example/" + "x" * 400,
     "https://me:secret@a.example/", "https://a.example/#b#c", "https://a.example/%zz"],
)  # fmt: skip
def test_what_is_no_web_address_is_not(url: str) -> None:
    assert not is_web_address(url)


@given(st.text() | st.text("_: \u2028\u202e"))
def test_cleaned_text_keeps_the_rules(text: str) -> None:
    cleaned = clean(text, longest=50)
    assert len(cleaned) <= 50
    if cleaned:
        assert codes(course=CourseFacts({"en": cleaned})) == []
