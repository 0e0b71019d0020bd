"""Over pages and the API: one course of three societies, its merged ids, overrides, languages."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.catalogue.reviewing import finding, pairs
from app.catalogue.reviewing.model import Kind
from app.identity.model import Kind as OrganisationKind
from app.identity.model import Role
from tests.conftest import own_database
from tests.simulator.members import House, house
from tests.simulator.reviewing import harvested, newest_pair, two

TOLD: dict[str, Any] = {"duration": "PT12H", "fields": ["0732"], "metadata_language": "en"}


@pytest.fixture(scope="module")
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("reviewing")
    with own_database(request, folder) as url, house(folder / "node", url) as made:
        for society in ("cse", "pec", "ebk"):
            made.add(society)
        made.add("operator", OrganisationKind.OPERATOR)
        yield made


@pytest.fixture(scope="module")
def operator(made: House) -> TestClient:
    return made.sign_in("operator@example.org", operator=Role.OWNER)


def take(made: House, society: str, remote: str, title: str, **more: Any) -> str:
    given = {**TOLD, "title": {more.get("metadata_language", "en"): title}, **more}
    return harvested(made.node.database, society, f"{society}-feed", remote, at=made.now, **given)


def test_a_course_of_three_societies_shows_three_sources_and_whose_each_field_is(
    made: House, operator: TestClient
) -> None:
    url = "https://cse.example/courses/grouting"
    first = take(made, "cse", "1", "Grouting of deep tunnels", url=url)
    assert take(made, "ebk", "1", "Grouting", url=url, level="advanced") == first
    other = take(made, "pec", "1", "Grouting of deep tunnel", subjects=["rock"])
    pair = newest_pair(made.node.database, at=made.now)
    side_by_side = operator.get(f"/node/matches/{pair}")
    assert "Grouting of deep tunnels" in side_by_side.text
    form = {"keep": first, "note": "One course."}
    assert operator.post(f"/node/matches/{pair}/accept", data=form).status_code == 303
    assert operator.post(f"/node/matches/{pair}/accept", data=form).status_code == 404
    told = made.http.get(f"/api/v1/courses/{first}").json()
    by_id = {one["source_record_id"]: one["society_id"] for one in told["sources"]}
    assert sorted(by_id.values()) == ["cse", "ebk", "pec"]
    whose = {field: by_id[record] for field, record in told["provenance"].items()}
    assert (whose["title"], whose["level"], whose["subjects"]) == ("cse", "ebk", "pec")
    assert all(one["changed_at"] and not one["pushed"] for one in told["sources"])
    page = made.http.get(f"/courses/{first}").text
    assert page.count("harvested</span>") == 3
    for address in (f"/api/v1/courses/{other}", f"/courses/{other}"):
        answer = made.http.get(address, follow_redirects=False)
        assert answer.status_code == 301
        assert answer.headers["location"] == address.replace(other, first)


def test_a_decision_is_lifted_on_its_page(made: House, operator: TestClient) -> None:
    left, right = two(made.node.database, "cse", 1, at=made.now)
    pair = newest_pair(made.node.database, at=made.now)
    assert operator.post(f"/node/matches/{pair}/never").status_code == 303
    listed = operator.get("/node/matches/decisions").text
    place = listed.partition('action="/node/matches/decisions/')[2].partition('"')[0]
    assert operator.post(f"/node/matches/decisions/{place}").status_code == 303
    again = newest_pair(made.node.database, at=made.now)
    page = operator.get(f"/node/matches/{again}").text
    assert left in page
    assert right in page


def test_an_editor_sees_and_decides_the_own_societys_pairs_alone(made: House) -> None:
    two(made.node.database, "cse", 2, at=made.now)
    pair = newest_pair(made.node.database, at=made.now)
    own = made.sign_in("edi@example.org", cse=Role.EDITOR)
    other = made.sign_in("eve@example.org", pec=Role.EDITOR)
    assert pair in own.get("/organisations/cse/matches").text
    assert pair not in other.get("/organisations/pec/matches").text
    assert other.get(f"/organisations/pec/matches/{pair}").status_code == 404
    assert other.post(f"/organisations/pec/matches/{pair}/accept").status_code == 404
    assert own.post(f"/organisations/cse/matches/{pair}/accept").status_code == 303


def test_an_override_is_made_on_condition_and_told_of(made: House) -> None:
    course = take(made, "cse", "9", "Surveying by drone", level="basic")
    place = f"/api/v1/societies/cse/overrides/{course}"
    token = made.token("cse")
    tag = made.http.get(f"/api/v1/courses/{course}").headers["etag"]
    body = {"value": "expert", "reason": "The feed is wrong."}
    written = made.http.put(f"{place}/level", json=body, headers={**token, "If-Match": tag})
    assert written.status_code == 200, written.text
    assert written.json()["version"] == 2
    stale = made.http.put(f"{place}/level", json=body, headers={**token, "If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    told = made.http.get(f"/api/v1/courses/{course}").json()
    assert (told["data"]["level"], told["provenance"]["level"]) == ("expert", "manual")
    assert told["overrides"][0]["reason"] == body["reason"]
    assert "written by hand" in made.http.get(f"/courses/{course}").text
    take(made, "cse", "9", "Surveying by drone", level="intermediate")
    (shown,) = made.http.get(place, headers=token).json()["items"]
    assert (shown["source_value"], shown["outdated"]) == ("intermediate", True)
    wrong = {"value": {"a": 1}, "reason": "x"}
    refused = made.http.put(f"{place}/duration", json=wrong, headers=token)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/value")
    assert made.http.put(f"{place}/level", json=body, headers=made.token("pec")).status_code == 403
    foreign = f"/api/v1/societies/pec/overrides/{course}/level"
    assert made.http.put(foreign, json=body, headers=made.token("pec")).status_code == 404
    assert made.http.delete(f"{place}/level", headers=token).status_code == 204
    assert made.http.delete(f"{place}/level", headers=token).status_code == 404
    assert made.http.get(f"/api/v1/courses/{course}").json()["data"]["level"] == "intermediate"


def test_languages_are_linked_on_the_page_in_the_api_and_in_json_ld(
    made: House, operator: TestClient
) -> None:
    who = {"runs": [{"id": "1", "start": "2027-01-01", "instructors": ["Ada Obi"]}]}
    english = take(made, "ebk", "en", "Blasting of rock", **who)
    chinese = take(made, "ebk", "zh", "岩石爆破", metadata_language="zh", **who)
    finding.look_at_all(made.node.database, at=made.now)
    with made.node.database.read() as session:
        (pair,) = pairs.queue(session, kind=Kind.TRANSLATION, society_id="ebk", after=None, limit=9)
    assert operator.post(f"/node/matches/{pair.id}/accept").status_code == 303
    told = made.http.get(f"/api/v1/courses/{chinese}").json()
    assert (told["translations"], told["translation_of"]) == ([english], english)
    page = made.http.get(f"/courses/{english}").text
    assert "中文" in page
    assert "workTranslation" in page
    assert "translationOfWork" in made.http.get(f"/courses/{chinese}").text


def test_a_made_up_cursor_of_the_queue_is_told_of(operator: TestClient) -> None:
    assert operator.get("/node/matches?cursor=zzzz").status_code == 422
    assert operator.get("/node/matches?kind=colour").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"value": "x", "reason": "\\ud800 and \\u0000"}',
        b'{"value": "\\ud800\\u0000 x", "reason": "so"}',
        b'{"value": {"a": [[[[[1]]]]]}, "reason": "so"}',
        b'{"value": 1e400, "reason": "so"}',
        b'{"value": ' + b"9" * 5000 + b', "reason": "so"}',
        b'{"value": [null, true, {"value": -1}], "reason": "so"}',
        b'{"value": "x", "reason": "so", "more": 1}',
        b"[]",
        b"",
    ],
)
@pytest.mark.parametrize("field", ["level", "credits", "standards", "no-such-field"])
def test_no_body_is_more_than_refused(made: House, body: bytes, field: str) -> None:
    course = take(made, "cse", "hostile", "Welding under water")
    answer = made.http.put(
        f"/api/v1/societies/cse/overrides/{course}/{field}",
        content=body,
        headers={**made.token("cse"), "Content-Type": "application/json"},
    )
    assert answer.status_code in {200, 400, 422}, answer.text
    assert made.http.get(f"/api/v1/courses/{course}").status_code == 200
