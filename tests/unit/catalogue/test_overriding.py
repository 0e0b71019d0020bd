"""What editors write over the words of the sources stands until it is lifted."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.catalogue import service
from app.catalogue.document import digest
from app.catalogue.merging import MAPS
from app.catalogue.model import MANUAL, Course, Credit, NewSociety, Status
from app.catalogue.overriding import service as overriding
from app.catalogue.overriding.rules import FIELDS
from app.catalogue.overriding.service import Editor
from app.identity import audit
from app.platform.db import Database
from app.platform.problems import Conflict, Invalid, NotFound
from tests.conftest import NOW

LATER = NOW + timedelta(hours=1)
EDITOR = Editor("person:edi", "cse", "cse")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        for name in ("cse", "pec"):
            service.add_society(session, NewSociety({"en": name.upper()}, id=name), at=NOW)
        yield session


def take(session: Session, **item: Any) -> str:
    given = {"title": {"en": "Bridges"}, "level": "basic", **item}
    taken = service.take(
        session, given, society_id="cse", source_id="feed", remote_id="1", digest=digest(given),
        at=NOW,
    )  # fmt: skip
    assert taken.course_id
    return taken.course_id


def write(
    session: Session, course_id: str, field: str, value: Any, language: str | None = None,
    *, editor: Editor = EDITOR, reason: str = "The feed is wrong.",
) -> Course:  # fmt: skip
    course, _ = overriding.write(
        session, course_id, field, language, value, reason=reason, editor=editor, at=LATER
    )
    return course


def test_an_override_survives_the_next_harvest_and_is_visible_as_one(session: Session) -> None:
    course_id = take(session)
    edited = write(session, course_id, "title", "Bridges of steel", "en")
    assert edited.data.title == {"en": "Bridges of steel"}
    assert edited.provenance["title.en"] == MANUAL
    assert take(session, title={"en": "Bridges II"}, level="advanced") == course_id
    now = service.get_course(session, course_id)
    assert now.data.title == {"en": "Bridges of steel"}
    assert now.data.level == "advanced", "what nobody wrote over follows the source"
    (shown,) = overriding.shown(session, course_id)
    assert (shown.written.replaced, shown.source_value, shown.outdated) == (
        "Bridges", "Bridges II", True,
    )  # fmt: skip
    lifted = overriding.lift(session, course_id, "title", "en", editor=EDITOR, at=LATER)
    assert lifted.data.title == {"en": "Bridges II"}
    assert MANUAL not in lifted.provenance.values()
    assert overriding.shown(session, course_id) == []


def test_a_value_is_checked_and_brought_into_form_as_a_harvested_one(session: Session) -> None:
    course_id = take(session)
    course = write(session, course_id, "credits", [{"value": "8", "unit": "PDH"}])
    assert course.data.credits == (Credit("8", "PDH"),)
    assert write(session, course_id, "duration", "PT90M").data.duration == "PT1H30M"
    standards = write(session, course_id, "standards", ["EN 1992-1-1:2004"]).data.standards
    assert [one.text for one in standards] == ["EN 1992-1-1:2004"]
    cleaned = write(session, course_id, "description", "<p>a<script>b</script></p>", "en")
    assert cleaned.data.description == {"en": "<p>a</p>"}
    for field, language, value, code in (
        ("duration", None, "ages", "W-DURATION"),
        ("url", None, "javascript:alert(1)", ""),
        ("fields", None, ["nine"], "W-FIELD-CODE"),
        ("title", None, "Bridges", "language-invalid"),
        ("level", "en", "basic", "language-unused"),
        ("runs", None, [], "field-unknown"),
    ):
        with pytest.raises(Invalid) as raised:
            write(session, course_id, field, value, language)
        assert code in raised.value.fields[0].code, field
    with pytest.raises(Invalid, match="cannot be written"):
        write(session, course_id, "level", "basic", reason=" ")


@pytest.mark.parametrize("field", FIELDS)
def test_no_value_of_any_sort_is_more_than_refused(session: Session, field: str) -> None:
    course_id = take(session)
    for value in (0, True, {"a": [1]}, ["\ud800", None], "x" * 100_000, [{"value": {}}], "\0"):
        with suppress(Invalid):
            write(session, course_id, field, value, "en" if field in MAPS else None)
    assert service.get_course(session, course_id).data.title


def test_a_field_may_be_emptied_but_a_course_keeps_a_title(session: Session) -> None:
    course_id = take(session)
    assert write(session, course_id, "level", None).data.level is None
    assert service.get_course(session, course_id).provenance["level"] == MANUAL
    with pytest.raises(Conflict):
        write(session, course_id, "title", None, "en")


def test_only_the_courses_own_society_and_who_runs_the_node_may_edit(session: Session) -> None:
    course_id = take(session)
    with pytest.raises(NotFound):
        write(session, course_id, "level", "x", editor=Editor("person:eve", "pec", "pec"))
    operator = Editor("person:op", "operator")
    assert write(session, course_id, "level", "expert", editor=operator).data.level
    noted = audit.trail(session, f"course:{course_id}")
    assert [(one.action, one.organisation_id) for one in noted] == [("override.write", "cse")]
    assert noted[0].after
    assert noted[0].after["reason"] == "The feed is wrong."


def test_a_withdrawn_course_that_returns_has_its_overrides_still(session: Session) -> None:
    course_id = take(session)
    write(session, course_id, "level", "expert")
    service.withdraw(session, source_id="feed", remote_id="1", at=LATER)
    assert service.get_course(session, course_id).status is Status.WITHDRAWN
    take(session)
    assert service.get_course(session, course_id).data.level == "expert"
