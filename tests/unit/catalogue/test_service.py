from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, service
from app.catalogue.api import build_router
from app.catalogue.document import digest
from app.catalogue.jsonld import course_jsonld
from app.catalogue.model import NewSociety, Outcome, Society, Status, Taken
from app.catalogue.tables import (
    CourseRow,
    CourseRunRow,
    FieldProvenanceRow,
    OfferRow,
    SourceRecordRow,
)
from app.identity.access import Guard
from app.platform import problems
from app.platform.db import Base, Database
from app.platform.outbox import due
from app.platform.problems import Conflict, Invalid, NotFound
from tests.conftest import NOW

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as session:
        for name in ("cse", "pec"):
            service.add_society(session, NewSociety({"en": name.upper()}, id=name), at=NOW)
    return database


def item(**given: Any) -> dict[str, Any]:
    return {"title": {"en": "Bridges"}, "url": "https://cse.example/bridges", **given}


def take(
    session: Session, untrusted: dict[str, Any], *, society: str = "cse", source: str = "s1",
    remote: str = "1", at: datetime = NOW,
) -> Taken:  # fmt: skip
    return service.take(
        session, untrusted, society_id=society, source_id=source, remote_id=remote,
        digest=digest(untrusted), at=at,
    )  # fmt: skip


def changes(session: Session) -> list[str]:
    return [entry.key for entry in due(session, COURSE_CHANGED, at=LATER, limit=99)]


def everything(session: Session) -> dict[str, list[Any]]:
    return {
        table.name: sorted(map(tuple, session.execute(select(table)).all()), key=repr)
        for table in Base.metadata.sorted_tables
    }


def test_a_new_item_becomes_a_course_with_its_three_levels(filled: Database) -> None:
    run = {"start": "2026-03-01", "offers": [{"amount": "10", "currency": "EUR"}]}
    with filled.write() as session:
        taken = take(session, item(runs=[run], offers=[{"amount": "0"}]))
    assert taken.outcome is Outcome.NEW
    with filled.read() as session:
        course = service.get_course(session, str(taken.course_id))
        assert changes(session) == [course.id]
        assert session.scalars(select(CourseRunRow.start)).all() == ["2026-03-01"]
        prices = select(OfferRow.amount, OfferRow.course_run_id).order_by(OfferRow.amount)
        assert session.execute(prices).all() == [("0", None), ("10", course.data.runs[0].id)]
        assert session.scalar(select(func.count()).select_from(FieldProvenanceRow)) == len(
            course.provenance
        )
    (source,) = course.sources
    assert (course.status, course.version, source.remote_id) == (Status.ACTIVE, 1, "1")
    assert course.provenance["title"] == source.source_record_id


def test_the_same_item_again_writes_and_tells_nothing(filled: Database) -> None:
    with filled.write() as session:
        take(session, item(runs=[{"start": "2026-03-01"}]))
    with filled.read() as session:
        before = everything(session)
    with filled.write() as session:
        again = take(session, item(runs=[{"start": "2026-03-01"}]), at=LATER)
    assert again.outcome is Outcome.UNCHANGED
    with filled.read() as session:
        assert everything(session) == before


def test_a_new_writing_of_the_same_facts_changes_no_course(filled: Database) -> None:
    with filled.write() as session:
        take(session, item(duration="PT90M"))
        again = take(session, item(duration="PT1H30M"), at=LATER)
        assert again.outcome is Outcome.UNCHANGED
        assert len(changes(session)) == 1
        assert service.get_course(session, str(again.course_id)).modified_at == NOW


def test_a_changed_item_changes_its_course_and_tells_so(filled: Database) -> None:
    with filled.write() as session:
        first = take(session, item(runs=[{"start": "2026-03-01"}], level="1"))
        second = take(session, item(runs=[{"start": "2026-04-01"}]), at=LATER)
        assert (second.outcome, second.course_id) == (Outcome.CHANGED, first.course_id)
        course = service.get_course(session, str(first.course_id))
        assert (course.version, course.data.level, course.modified_at) == (2, None, LATER)
        assert session.scalars(select(CourseRunRow.start)).all() == ["2026-04-01"]
        assert changes(session) == [course.id, course.id]


def test_a_broken_version_leaves_the_last_good_one(filled: Database) -> None:
    with filled.write() as session:
        take(session, item())
        taken = take(session, item(title={}), at=LATER)
        assert taken.outcome is Outcome.REJECTED
        assert [issue.code for issue in taken.issues] == ["E-TITLE-MISSING"]
        assert service.get_course(session, str(taken.course_id)).data.title == {"en": "Bridges"}


def test_one_course_accredited_by_two_societies_is_one_course_with_two_credits(
    filled: Database,
) -> None:
    with filled.write() as session:
        first = take(session, item(credits=[{"value": "8", "unit": "hours"}]))
        second = take(
            session, item(url="http://www.cse.example/bridges/?utm_source=pec",
                          credits=[{"value": "1", "unit": "CPD points"}]),
            society="pec", source="s2",
        )  # fmt: skip
        assert (second.outcome, second.course_id) == (Outcome.NEW, first.course_id)
        course = service.get_course(session, str(first.course_id))
    assert [credit.unit for credit in course.data.credits] == ["hour", "CPD-point"]
    assert [ref.society_id for ref in course.sources] == ["cse", "pec"]
    assert course.society_id == "cse"


def test_the_same_title_of_another_society_is_another_course(filled: Database) -> None:
    with filled.write() as session:
        first = take(session, item(url=None))
        other = take(session, item(url=None), society="pec", source="s2")
        same = take(session, item(url=None, title={"en": "BRIDGES!"}), source="s3")
    assert other.course_id != first.course_id
    assert same.course_id == first.course_id


def test_a_course_goes_when_its_last_source_record_goes_and_comes_back_with_it(
    filled: Database,
) -> None:
    with filled.write() as session:
        course_id = str(take(session, item()).course_id)
        take(session, item(), society="pec", source="s2")
        assert service.withdraw(session, source_id="s1", remote_id="1", at=LATER)
        assert service.get_course(session, course_id).status is Status.ACTIVE
        assert service.withdraw(session, source_id="s2", remote_id="1", at=LATER)
        course = service.get_course(session, course_id)
        assert (course.status, course.data.title) == (Status.WITHDRAWN, {"en": "Bridges"})
        assert service.get_courses(session, [course_id]) == []
        assert service.count_courses(session) == 0
        told = len(changes(session))
        assert not service.withdraw(session, source_id="s2", remote_id="1", at=LATER)
        assert not service.withdraw(session, source_id="s2", remote_id="never", at=LATER)
        assert len(changes(session)) == told
        revived = take(session, item(), at=LATER)
        assert (revived.outcome, revived.course_id) == (Outcome.CHANGED, course_id)
        assert service.get_courses(session, [course_id])[0].status is Status.ACTIVE


def test_a_course_that_moves_to_another_source_keeps_its_id(filled: Database) -> None:
    with filled.write() as session:
        course_id = take(session, item()).course_id
        service.withdraw(session, source_id="s1", remote_id="1", at=NOW)
        assert take(session, item(), source="s9", remote="x").course_id == course_id


def test_the_whole_catalogue_can_be_read_page_by_page(filled: Database) -> None:
    with filled.write() as session:
        made = {
            take(session, item(title={"en": f"Course {n}"}, url=None), remote=str(n)).course_id
            for n in range(7)
        }
        read: list[str] = []
        while page := service.iter_course_ids(session, after=read[-1] if read else None, limit=3):
            read += page
        assert set(read) == made
        assert len(read) == service.count_courses(session) == 7
        asked = [read[5], "unknown", read[1]]
        assert [one.id for one in service.get_courses(session, asked)] == [read[5], read[1]]


def test_remote_ids_of_any_length_and_sign_are_kept_apart(filled: Database) -> None:
    with filled.write() as session:
        for n, remote in enumerate(["x" * 5000 + "1", "x" * 5000 + "2", "课程", "'; --"]):
            taken = take(session, item(title={"en": f"C{n}{n}{n}"}, url=None), remote=remote)
            assert taken.outcome is Outcome.NEW
        assert session.scalar(select(func.count()).select_from(SourceRecordRow)) == 4
        assert session.scalar(select(func.count()).select_from(CourseRow)) == 4


def test_a_society_is_entered_once_and_checked_field_by_field(filled: Database) -> None:
    with filled.write() as session:
        added = service.add_society(
            session, NewSociety({"eng": "Rift"}, country="Kenya", url="https://r.example/"), at=NOW
        )
        assert service.get_society(session, added.id) == Society(
            added.id, {"en": "Rift"}, "KE", "https://r.example/"
        )
        assert [one.id for one in service.list_societies(session)] == sorted(
            ["cse", "pec", added.id]
        )
        with pytest.raises(Conflict, match="cse"):
            service.add_society(session, NewSociety({"en": "X"}, id="cse"), at=NOW)
        with pytest.raises(Invalid) as caught:
            service.add_society(
                session, NewSociety({}, id="../x", country="Atlantis", url="javascript:x"), at=NOW
            )
        assert [one.pointer for one in caught.value.fields] == ["id", "names", "country", "url"]
        with pytest.raises(NotFound):
            service.get_society(session, "nobody")


def test_the_api_shows_a_course_and_answers_304_until_it_changes(filled: Database) -> None:
    app = FastAPI()
    problems.install(app)
    app.include_router(build_router(database=filled, guard=Guard(lambda _: 1 / 0)))
    client = TestClient(app)
    with filled.write() as session:
        course_id = take(session, item(runs=[{"start": "2026-03-01"}])).course_id
    path = f"/api/v1/courses/{course_id}"
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.json()["data"]["title"] == {"en": "Bridges"}
    assert answer.json()["data"]["runs"][0]["start"] == "2026-03-01"
    tag = answer.headers["ETag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        assert client.get(path, headers={"If-None-Match": header}).status_code == 304
    with filled.write() as session:
        take(session, item(level="2"))
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200
    missing = client.get("/api/v1/courses/none")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    societies = client.get("/api/v1/societies").json()["items"]
    assert [one["id"] for one in societies] == ["cse", "pec"]


def test_json_ld_speaks_every_language_and_leaves_out_what_is_empty(filled: Database) -> None:
    untrusted = item(
        title={"en": "Bridges", "zh": "桥梁"}, description={"en": "<p>Deep &amp; wide</p>"},
        licence="CC BY 4.0", teaching_languages=["en"], offers=[{"amount": "0"}],
        runs=[{"start": "2026-03-01", "delivery": "onsite", "place_country": "KE"}],
    )  # fmt: skip
    with filled.write() as session:
        course = service.get_course(session, str(take(session, untrusted).course_id))
        society = service.get_society(session, "cse")
    node = course_jsonld(course, society, page_url="https://node.example/courses/1")
    assert node["@id"] == "https://node.example/courses/1"
    assert node["name"] == [
        {"@language": "en", "@value": "Bridges"}, {"@language": "zh", "@value": "桥梁"}
    ]  # fmt: skip
    assert node["description"] == [{"@language": "en", "@value": "Deep & wide"}]
    assert node["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert node["isAccessibleForFree"] is True
    assert node["hasCourseInstance"] == [
        {
            "@type": "CourseInstance",
            "startDate": "2026-03-01",
            "courseMode": "onsite",
            "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
            "location": {
                "@type": "Place",
                "address": {"@type": "PostalAddress", "addressCountry": "KE"},
            },
        }
    ]
    assert "image" not in node
