"""Conditions, identifiers, digests."""

from dataclasses import replace
from urllib.parse import quote

import hypothesis.strategies as st
import pytest
from hypothesis import given

from app.catalogue.model import Issue, Severity
from app.publishing import rules
from app.publishing.encoded import decoded
from app.publishing.model import Conditions, Outcome, Pushed, State
from app.publishing.rules import PreconditionFailed, demand
from tests.conftest import NOW

LIVE = Pushed("1", "C-1", "c", State.LIVE, 3, "d" * 64, {}, "A", (), NOW, NOW)
GONE = replace(LIVE, state=State.WITHDRAWN)
TAG = LIVE.etag


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "known", "holds"),
    [
        (None, None, None, True), (None, None, LIVE, True),
        (TAG, None, LIVE, True), ("*", None, LIVE, True), (f'"x" , {TAG}', None, LIVE, True),
        (TAG.strip('"'), None, LIVE, True), (f"W/{TAG}", None, LIVE, False),
        ('"x"', None, LIVE, False), ("", None, LIVE, False), (TAG, None, None, False),
        ("*", None, None, False), (TAG, None, GONE, False), ("*", None, GONE, False),
        (None, "*", None, True), (None, "*", GONE, True), (None, "*", LIVE, False),
        (None, TAG, LIVE, False), (None, f"W/{TAG}", LIVE, False), (None, '"x"', LIVE, True),
        (TAG, "*", LIVE, False),
    ],
)  # fmt: skip
def test_conditions_hold_as_the_standard_says(
    if_match: str | None, if_none_match: str | None, known: Pushed | None, holds: bool
) -> None:
    conditions = Conditions(if_match, if_none_match)
    if holds:
        demand(conditions, known, digest="other")
        return
    with pytest.raises(PreconditionFailed) as caught:
        demand(conditions, known, digest="other")
    assert caught.value.status == 412


def test_what_is_there_already_matches_every_version() -> None:
    demand(Conditions(if_match='"old"'), LIVE, digest=LIVE.digest)
    with pytest.raises(PreconditionFailed):
        demand(Conditions(if_match='"old"'), GONE, digest=GONE.digest)


@given(text=st.text(max_size=20))
def test_an_id_survives_its_address(text: str) -> None:
    raw = b"/api/v1/societies/cse/courses/" + quote(text, safe="", errors="replace").encode()
    sound = rules.sound_id(text)
    kept = decoded(raw).removeprefix("/api/v1/societies/cse/courses/").replace("\ufdd0", "/")
    assert kept == text or not sound
    assert not sound or (text.isprintable() and text)


def test_a_digest_tells_versions_apart_and_nothing_else() -> None:
    one = rules.digest({"title": {"en": "A", "zh": "B"}, "level": "x"})
    assert one == rules.digest({"level": "x", "title": {"zh": "B", "en": "A"}})
    assert one != rules.digest({"level": "y", "title": {"zh": "B", "en": "A"}})
    assert rules.outcome_of(GONE, digest=GONE.digest) is Outcome.NEW
    assert rules.outcome_of(LIVE, digest=LIVE.digest) is Outcome.UNCHANGED


def test_of_many_issues_the_errors_are_told_first() -> None:
    warnings = [Issue(f"W-{n}", Severity.WARNING, "", "") for n in range(40)]
    told = rules.fewer([*warnings, Issue("E-X", Severity.ERROR, "", "")])
    assert (told[0].code, told[-1].code, len(told)) == ("E-X", "W-MORE-ISSUES", 21)
    assert "21 more" in told[-1].message


def test_a_path_becomes_a_pointer() -> None:
    assert rules.pointer("credits[0].unit") == "/credits/0/unit"
    assert rules.pointer("title.zh-Hans") == "/title/zh-Hans"
    assert rules.pointer("") == ""
