"""Who runs the node sees which courses the index refuses and why, and has them tried again."""

from fastapi.testclient import TestClient
from lxml import html

from app.catalogue import COURSE_CHANGED
from app.identity.model import Role
from app.platform import outbox
from app.search import state
from tests.simulator.place import Place

PAGE = "/node/search"


def operator(place: Place) -> TestClient:
    return place.node.sign_in(place.email("operator"), operator=Role.OWNER)


def aside(place: Place, *keys: str) -> None:
    with place.node.node.database.write() as session:
        reasons = {key: f"<b>{key}</b> is malformed" for key in keys}
        outbox.set_aside(session, COURSE_CHANGED, reasons, at=place.node.now)


def left(place: Place) -> set[str]:
    with place.node.node.database.read() as session:
        return {one.key for one in outbox.failing(session, COURSE_CHANGED, limit=100)}


def test_refused_courses_are_shown_with_their_reason_and_tried_again(place: Place) -> None:
    aside(place, "one", "two", "three")
    client = operator(place)
    page = html.fromstring(client.get(PAGE).text)
    assert "<b>two</b> is malformed" in page.text_content()
    answer = client.post(f"{PAGE}/try-again", data={"course": "two"}, follow_redirects=True)
    assert answer.status_code == 200
    assert left(place) == {"one", "three"}
    client.post(f"{PAGE}/try-again", data={"course": ""})
    assert left(place) == set()


def test_an_index_is_built_anew_by_whoever_works(place: Place) -> None:
    client = operator(place)
    assert client.post(f"{PAGE}/rebuild", follow_redirects=True).status_code == 200
    with place.node.node.database.read() as session:
        assert state.get(session).rebuild_asked_at is not None


def test_an_engine_that_is_away_is_shown_with_what_it_means(place: Place) -> None:
    with place.node.node.database.write() as session:
        state.failed(session, "it cannot be reached", at=place.node.now)
    text = operator(place).get(PAGE).text
    assert "it cannot be reached" in text
    assert "Nothing is lost" in text
    with place.node.node.database.write() as session:
        state.answered(session)


def test_nobody_else_sees_it(place: Place) -> None:
    client = place.node.sign_in(place.email("somebody"))
    assert client.get(PAGE).status_code in {403, 404}
    assert client.post(f"{PAGE}/rebuild").status_code in {403, 404}
