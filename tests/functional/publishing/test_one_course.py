"""One course through the API: put, read, patched, withdrawn, put again."""

import json
from typing import Any

from sqlalchemy import select

from app.identity import audit, grants
from app.identity.model import GRANTABLE, SCOPES
from app.publishing.tables import PushedCourseRow
from tests.simulator.members import House
from tests.simulator.publishing import Publisher, address, counted, course


def state(made: House) -> dict[str, int]:
    with made.node.database.read() as session:
        return counted(session)


def test_a_course_from_its_first_day_to_its_return(made: House, cse: Publisher) -> None:
    new = cse.put("C-1", course(level="basic", licence="CC-BY-4.0"))
    assert (new.status_code, new.json()["outcome"], new.json()["version"]) == (201, "new", 1)
    course_id = new.json()["course_id"]
    assert cse.course(course_id).data.title == {"en": "Bridges, part 1"}

    before = state(made)
    again = cse.put("C-1", course(licence="CC-BY-4.0", level="basic", runs=[], kind=None))
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    assert again.headers["etag"] == new.headers["etag"]
    assert state(made) == before

    changed = cse.put("C-1", course(level="deep"))
    assert (changed.status_code, changed.json()["outcome"]) == (200, "changed")
    assert changed.headers["etag"] != new.headers["etag"]
    assert (cse.course(course_id).version, cse.course(course_id).data.licence) == (2, None)

    patched = cse.patch("C-1", {"level": None, "kind": "course"})
    assert (patched.status_code, patched.json()["version"]) == (200, 3)
    read = cse.get("C-1")
    assert read.json()["course"] == course(kind="course")
    assert read.json()["normalised"]["kind"] == "course"
    assert read.headers["etag"] == patched.headers["etag"]
    assert cse.get("C-1", If_None_Match=read.headers["etag"]).status_code == 304

    assert [cse.delete("C-1").status_code for _ in range(2)] == [204, 204]
    assert cse.course(course_id).status == "withdrawn"
    gone = cse.get("C-1")
    assert (gone.status_code, gone.json()["code"]) == (410, "course-withdrawn")
    assert cse.patch("C-1", {"level": "x"}).status_code == 410
    assert [one["state"] for one in cse.listed("&state=withdrawn")] == ["withdrawn"]

    back = cse.put("C-1", course())
    assert (back.status_code, back.json()["outcome"]) == (201, "new")
    assert (back.json()["course_id"], back.json()["version"]) == (course_id, 5)
    assert cse.course(course_id).status == "active"
    with made.node.database.read() as session:
        trail = audit.trail(session, f"course:{course_id}")
    assert [entry.action for entry in trail] == [
        "course.publish", "course.publish", "course.publish", "course.withdraw", "course.publish",
    ]  # fmt: skip
    assert {entry.who for entry in trail} == {f"client:{made.credentials[cse.society].client_id}"}


def test_a_stale_version_changes_nothing(made: House, cse: Publisher) -> None:
    first = cse.put("C-1", course(), If_None_Match="*").headers["etag"]
    taken = cse.put("C-1", course(level="x"), If_None_Match="*")
    assert (taken.status_code, taken.json()["code"]) == (412, "precondition-failed")
    second = cse.put("C-1", course(level="x"), If_Match=first).headers["etag"]
    before = state(made)
    stale = [
        cse.put("C-1", course(level="y"), If_Match=first),
        cse.put("C-1", course(level="y"), If_Match=f"W/{second}"),
        cse.patch("C-1", {"level": "y"}, If_Match=first),
        cse.delete("C-1", If_Match=first),
        cse.put("C-2", course(2), If_Match="*"),
        cse.put("C-2", course(2), If_Match=second),
    ]
    assert [one.status_code for one in stale] == [412] * 6
    assert stale[0].headers["etag"] == second
    assert state(made) == before
    for good in (second, "*", f'"no", {second}', second.strip('"')):
        assert cse.put("C-1", course(level="x"), If_Match=good).status_code == 200
    assert cse.delete("C-1", If_Match=second).status_code == 204


def test_a_change_whose_answer_was_lost_may_be_sent_again(cse: Publisher) -> None:
    first = cse.put("C-1", course()).headers["etag"]
    done = cse.put("C-1", course(level="x"), If_Match=first)
    again = cse.put("C-1", course(level="x"), If_Match=first)
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    assert again.headers["etag"] == done.headers["etag"]


def test_an_error_changes_nothing_and_names_the_mend(made: House, cse: Publisher) -> None:
    cse.put("C-1", course())
    before = state(made)
    for document in ({"url": "https://cse.example/1"}, {"title": {"en": "  "}}):
        answer = cse.put("C-1", document)
        assert (answer.status_code, answer.json()["code"]) == (422, "course-rejected")
        (error,) = answer.json()["errors"]
        assert (error["code"], error["pointer"]) == ("E-TITLE-MISSING", "/title")
        assert "at least one language" in error["detail"]
    assert cse.patch("C-1", {"title": None}).status_code == 422
    assert state(made) == before


def test_warnings_are_those_of_a_harvest_and_name_the_field(cse: Publisher) -> None:
    document = course(
        credits=[{"value": "12"}], delivery=["by pigeon"], image="ftp://cse.example/x.png"
    )
    issues = cse.put("C-1", document).json()["issues"]
    assert {(one["code"], one["pointer"], one["severity"]) for one in issues} == {
        ("W-CREDIT-NO-UNIT", "/credits/0/unit", "warning"),
        ("W-DELIVERY-UNKNOWN", "/delivery/0", "warning"),
        ("W-URL-INVALID", "/image", "warning"),
    }
    assert cse.get("C-1").json()["issues"] == issues
    assert [one["remote_id"] for one in cse.listed("&issue=W-URL-INVALID")] == ["C-1"]
    assert cse.listed("&issue=W-URL") == []


def test_an_image_must_be_where_everybody_can_see_it(cse: Publisher) -> None:
    for host in ("127.0.0.1", "[::1]", "localhost", "cms.local", "10.0.0.7", "intranet", "0x7f.1"):
        answer = cse.put("C-1", course(image=f"http://{host}/x.png"))
        assert [one["code"] for one in answer.json()["issues"]] == ["W-URL-NOT-PUBLIC"], host
    for host in ("cse.example", "xn--fiq228c.example", "93.184.216.34"):
        assert cse.put("C-1", course(image=f"https://{host}/x.png")).json()["issues"] == []


def test_runs_and_offers_are_changed_alone(cse: Publisher) -> None:
    cse.put("C-1", course(runs=[{"id": "a", "start": "2027-01-01"}]))
    new = cse.ask("PUT", address("C-1") + "/runs/b%2F2", json={"start": "2027-02-01"})
    assert new.status_code == 201
    changed = cse.ask("PUT", address("C-1") + "/runs/a", json={"start": "2027-01-02"})
    assert (changed.status_code, changed.json()["outcome"]) == (200, "changed")
    offers = cse.ask(
        "PUT", address("C-1") + "/offers", json=[{"amount": "0"}],
        headers={"If-Match": changed.headers["etag"]},
    )  # fmt: skip
    assert offers.status_code == 200
    course_id = new.json()["course_id"]
    data = cse.course(course_id).data
    assert [(run.source_id, run.start) for run in data.runs] == [
        ("a", "2027-01-02"), ("b/2", "2027-02-01"),
    ]  # fmt: skip
    assert [offer.category for offer in data.offers] == ["free"]
    gone = [cse.ask("DELETE", address("C-1") + "/runs/a").status_code for _ in range(2)]
    assert gone == [204, 404]
    assert [run.source_id for run in cse.course(course_id).data.runs] == ["b/2"]
    assert cse.ask("PUT", address("C-9") + "/runs/a", json={}).status_code == 404
    assert cse.ask("PUT", address("C-1") + "/offers", json={"amount": "0"}).status_code == 422


def test_validating_stores_nothing_and_tells_everything(made: House, cse: Publisher) -> None:
    cse.put("C-1", course())
    before = state(made)
    asked = [
        ("C-1", course(), "unchanged"),
        ("C-1", course(level="x"), "changed"),
        ("C-2", course(2), "new"),
        ("C-2", {"url": "nowhere"}, "rejected"),
    ]
    for remote_id, document, outcome in asked:
        answer = cse.ask("PUT", address(remote_id) + "?validate=true", json=document)
        assert (answer.status_code, answer.json()["outcome"]) == (200, outcome)
    assert answer.json()["issues"][0]["code"] == "E-TITLE-MISSING"
    patch = cse.ask(
        "PATCH", address("C-1") + "?validate=true", content=b'{"level":"x"}',
        headers={"Content-Type": "application/merge-patch+json", "If-Match": '"stale"'},
    )  # fmt: skip
    assert patch.status_code == 412
    assert state(made) == before
    assert cse.get("C-2").status_code == 404


GOOD_IDS = (
    "C-1", "a/b", "/", "a/runs/b", "offers", "a b", "%2F", "ж/课程", "x" * 500, "..a", "a:batch",
    "?a=b#c", "'; DROP TABLE course; --", "<script>", "\\", "+", "%", "a\u0301",
)  # fmt: skip
BAD_IDS = (
    "%00", "a%0Ab", "x" * 501, "%20a", "a%20", "%FF", "%ED%A0%80", "%EF%B7%90", "%E2%80%AE", "%20",
)  # fmt: skip


def test_an_id_may_be_any_printable_text(cse: Publisher) -> None:
    for number, remote_id in enumerate(GOOD_IDS):
        assert cse.put(remote_id, course(number)).status_code == 201, remote_id
        assert cse.get(remote_id).json()["remote_id"] == remote_id
    assert {one["remote_id"] for one in cse.listed()} == set(GOOD_IDS)
    for remote_id in GOOD_IDS:
        assert cse.delete(remote_id).status_code == 204
    assert cse.listed("&state=live") == []


def test_an_id_that_does_not_print_is_refused(cse: Publisher) -> None:
    for encoded in BAD_IDS:
        answer = cse.ask("PUT", f"/courses/{encoded}", json=course())
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), encoded
        assert answer.json()["errors"][0]["code"] == "id-unusable"


def test_nobody_publishes_for_another_society(made: House, cse: Publisher) -> None:
    cse.put("C-1", course())
    ebk = Publisher(made, "ebk")
    ebk.society = cse.society
    with made.node.database.write() as session:
        for action in GRANTABLE:
            grants.add_grant(session, cse.society, grantee_id="ebk", action=action, at=made.now)
    before = state(made)
    answers = [
        ebk.put("C-1", course(level="x")),
        ebk.put("C-2", course(2)),
        ebk.patch("C-1", {"level": "x"}),
        ebk.delete("C-1"),
        ebk.get("C-1"),
        ebk.ask("GET", "/courses"),
        ebk.ask("PUT", address("C-1") + "/runs/a", json={}),
        ebk.ask("DELETE", address("C-1") + "/runs/a"),
        ebk.ask("PUT", address("C-1") + "/offers", json=[]),
        ebk.ask("DELETE", "/sandbox"),
        ebk.batch([{"remote_id": "C-1", "delete": True}]),
        ebk.ask("PUT", address("C-1") + "?validate=true", json=course()),
    ]
    assert [one.status_code for one in answers] == [403] * len(answers)
    assert state(made) == before


def test_the_same_id_in_two_societies_is_two_courses(made: House, cse: Publisher) -> None:
    ebk = Publisher(made, "ebk")
    ours = cse.put("C-1", course()).json()["course_id"]
    theirs = ebk.put("C-1", course("of ebk")).json()["course_id"]
    assert ours != theirs
    ebk.delete("C-1")
    assert cse.get("C-1").status_code == 200


def test_the_list_is_read_to_its_end_and_narrowed(cse: Publisher) -> None:
    cse.batch([{"remote_id": f"C-{n}", "course": course(n)} for n in range(7)])
    cse.put("odd_one", course("100%"))
    first = cse.ask("GET", "/courses?limit=3").json()
    assert [one["remote_id"] for one in first["items"]] == ["odd_one", "C-6", "C-5"]
    assert len(cse.listed()) == 8
    assert [one["remote_id"] for one in cse.listed("&text=PART%20100%25")] == ["odd_one"]
    assert [one["remote_id"] for one in cse.listed("&text=d_O")] == ["odd_one"]
    assert cse.ask("GET", "/courses?cursor=nonsense!").status_code == 422


HOSTILE: list[tuple[bytes, int]] = [
    (b"", 400), (b"{", 400), (b"nul", 400), (b"\xff\xfe{}", 400),
    (b'{"title":{"en":"a"},"title":{"en":"b"}}', 400),
    (b'{"title":{"en":"\\ud800"}}', 400),
    (b'{"runs":[{"latitude":NaN,"longitude":0}]}', 400),
    (b'{"runs":[{"latitude":1e999,"longitude":0}]}', 400),
    (b"[" * 100_000, 400), (b'{"title":' * 60 + b"1" + b"}" * 60, 400),
    (b"9" * 5000, 400),
    (b"[]", 422), (b"null", 422), (b'"title"', 422), (b'{"titel":{"en":"a"}}', 422),
    (b'{"title":"a"}', 422), (b'{"title":{"en":1}}', 422), (b'{"title":{"en":null}}', 422),
    (b'{"title":{"en":"a"},"fields":"0732"}', 422), (b'{"title":{"en":"a"},"url":1}', 422),
    (b'{"title":{"en":"a"},"credits":[{"value":12}]}', 422),
    (b'{"title":{"en":"a"},"runs":[{"latitude":"1"}]}', 422),
    (b'{"title":{"en":"a"},"runs":[{"latitude":true}]}', 422),
    (b'{"title":{"en":"a"},"runs":[{"id":"a"},{"id":"a"}]}', 422),
    (b'{"title":{"en":"a"},"runs":[{"id":""}]}', 422),
    (b'{"title":{"en":"a"},"subjects":[' + b'"a",' * 60 + b'"a"]}', 422),
    (b'{"title":{"en":"' + b"a" * 300_000 + b'"}}', 413),
]  # fmt: skip


def test_hostile_bodies_are_refused_and_leave_nothing(made: House, cse: Publisher) -> None:
    before = state(made)
    for body, status in HOSTILE:
        answer = cse.ask(
            "PUT", address("C-1"), content=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, body[:40]) == (status, body[:40]), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    for headers in (
        {"Content-Type": "text/plain"}, {"Content-Type": "application/json-seq"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ):  # fmt: skip
        answer = cse.ask("PUT", address("C-1"), content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    patch = cse.ask("PATCH", address("C-1"), json={})
    assert patch.status_code == 415
    assert state(made) == before


def test_odd_texts_are_cleaned_like_those_of_a_feed(made: House, cse: Publisher) -> None:
    document = course(
        title={"en": "A\x00B\u202e<b>", "x-nonsense!": "y" * 10_000}, level="l" * 5000,
        description={"en": "<script>alert(1)</script><p>Good</p>" * 100},
    )  # fmt: skip
    new = cse.put("C-1", document)
    assert new.status_code == 201
    data = cse.course(new.json()["course_id"]).data
    assert "script" not in data.description["en"]
    assert "\x00" not in json.dumps(dict(data.title))
    assert cse.get("C-1").json()["course"]["title"]["en"].startswith("A\x00B")
    with made.node.database.read() as session:
        titles = session.scalars(select(PushedCourseRow.title)).all()
    assert not any("\x00" in title for title in titles)


def test_a_scope_is_needed_to_write_and_one_to_read(made: House, cse: Publisher) -> None:
    cse.put("C-1", course())
    for scope, method, status in (
        ("catalogue:read", "PUT", 403), ("catalogue:write", "GET", 403),
        ("catalogue:read", "GET", 200), ("catalogue:write", "PUT", 200),
    ):  # fmt: skip
        assert scope in SCOPES
        headers = made.token(cse.society, scope=scope)
        sent: dict[str, Any] = {"json": course()} if method == "PUT" else {}
        answer = made.http.request(
            method, f"/api/v1/societies/{cse.society}" + address("C-1"), headers=headers, **sent
        )
        assert answer.status_code == status


def test_what_is_recognised_in_a_text_is_shown_for_what_it_is(made: House, cse: Publisher) -> None:
    new = cse.put("C-9", course(title={"en": "Reinforced concrete to EN 1992-1-1"}, standards=[]))
    course_id = new.json()["course_id"]
    data = made.http.get(f"/api/v1/courses/{course_id}").json()["data"]
    assert data["standards"] == []
    seen = {one["field"]: one for one in data["recognised"]}
    assert seen["standards"]["value"] == "EN 1992-1-1"
    assert seen["standards"]["where"] == "title.en"
    page = made.http.get(f"/courses/{course_id}").text
    assert "(read in the text)" in page
    assert "No source states these." in page
    assert page.count("EN 1992-1-1") >= 4, "title, fact, evidence and its words"
