"""Who runs the node adds organisations and hands them over; nobody else does."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import update

from app.catalogue import service as catalogue
from app.identity import service as identity
from app.identity.model import Role
from app.identity.tables import ClientRow
from tests.simulator.members import House
from tests.simulator.place import Place

PAGE = "/node/organisations"
API = "/api/v1/organisations"


def operator(place: Place) -> TestClient:
    return place.node.sign_in(place.email("operator"), operator=Role.OWNER)


def new(place: Place, **changed: str) -> dict[str, str]:
    form = {"id": f"new-{place.number}", "kind": "registry", "name": "A registry"}
    return form | changed


def token(node: House, organisation_id: str = "operator") -> dict[str, str]:
    """A token of a client that may do what the operator alone may.

    Elsewhere no such client can be made: there its row is changed behind the node's back.
    """
    name, own = f"{organisation_id} admin", organisation_id == "operator"
    with node.node.database.write() as session:
        made = identity.new_client(
            session,
            organisation_id=organisation_id,
            name="admin",
            scopes=["admin:node" if own else "catalogue:read"],
            at=node.now,
        )
        row = update(ClientRow).where(ClientRow.id == made.client_id)
        session.execute(row.values(scopes=["admin:node"]))
    node.credentials[name] = made
    return node.token(name)


def test_an_operator_adds_a_registry_and_its_first_owner_takes_over(place: Place) -> None:
    browser, made = operator(place), f"new-{place.number}"
    answer = browser.post(PAGE, data=new(place, owner=place.email("joy")))
    assert answer.headers["location"] == f"{PAGE}?done=added"
    assert "The organisation is added." in browser.get(f"{PAGE}?done=added").text
    assert place.sign_in("joy").post(place.link("joy")).status_code == 303
    assert place.roles("joy", made) == {"owner"}
    for name in ("did.json", "jwks.json", "keys.json"):
        assert place.node.http.get(f"/registries/{made}/{name}").status_code == 200
        assert place.node.http.get(f"/societies/{made}/{name}").status_code == 404
    # From now on the organisation is its owner's.
    refused = browser.post(f"{PAGE}/{made}/owner", data={"email": place.email("mule")})
    assert refused.status_code == 409
    assert place.mails("mule") == []
    assert browser.get(f"/organisations/{made}").status_code == 404


def test_a_society_that_issues_is_known_everywhere_at_once(place: Place) -> None:
    made = f"new-{place.number}"
    form = new(place, kind="society", name="学会", language="zh", country="CN", issues="yes")
    assert operator(place).post(PAGE, data=form).status_code == 303
    assert place.node.http.get(f"/societies/{made}/did.json").status_code == 200
    with place.node.node.database.read() as session:
        society = catalogue.get_society(session, made)
    assert (dict(society.names), society.country) == ({"zh": "学会"}, "CN")


def test_a_society_is_renamed_where_its_courses_show_it_too(place: Place) -> None:
    browser, made = operator(place), f"new-{place.number}"
    browser.post(PAGE, data=new(place, kind="society"))
    answer = browser.post(f"{PAGE}/{made}/name", data={"name": "Another name"})
    assert answer.headers["location"] == f"{PAGE}?done=renamed"
    with place.node.node.database.read() as session:
        assert identity.get_organisation(session, made).name == "Another name"
        assert catalogue.get_society(session, made).names == {"en": "Another name"}
    assert browser.post(f"{PAGE}/{made}/name", data={"name": " "}).status_code == 422
    assert browser.post(f"{PAGE}/nowhere/name", data={"name": "X"}).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": "", "kind": "society"}, "id"),
        ({"id": "Ünï"}, "id"),
        ({"name": " "}, "name"),
        ({"kind": "society", "country": "XX"}, "country"),
        ({"kind": "society", "url": "javascript:alert(1)"}, "url"),
        ({"kind": "operator"}, "kind"),
        ({"owner": "nobody"}, "owner"),
    ],
)
def test_what_is_wrong_with_a_new_organisation_is_said_beside_the_field(
    place: Place, changed: dict[str, str], field: str
) -> None:
    answer = operator(place).post(PAGE, data=new(place, **changed))
    assert answer.status_code == 422
    assert html.fromstring(answer.text).xpath(f"//*[@id='{field}-wrong']")
    # Nothing is half here: also not the registry whose owner's address was wrong.
    assert new(place)["id"] not in operator(place).get(PAGE).text


def test_an_operators_program_lists_adds_and_renames(place: Place) -> None:
    http, headers = place.node.http, token(place.node)
    body: dict[str, Any] = {"id": f"new-{place.number}", "kind": "registry", "name": "A registry"}
    made = http.post(API, json=body, headers=headers)
    assert made.status_code == 201
    assert http.post(API, json=body, headers=headers).status_code == 409
    found: list[str] = []
    cursor: dict[str, str] = {}
    while not found or cursor:
        page = http.get(API, params={"limit": 2, **cursor}, headers=headers).json()
        found += [one["id"] for one in page["items"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert body["id"] in found
    assert len(found) == len(set(found))
    address, seen = f"{API}/{body['id']}", {"If-Match": made.headers["etag"]}
    renamed = http.patch(address, json={"name": "B"}, headers=headers | seen)
    assert (renamed.status_code, renamed.json()["name"]) == (200, "B")
    stale = http.patch(address, json={"name": "C"}, headers=headers | seen)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    society = body | {"kind": "society", "id": f"soc-{place.number}", "language": "!!"}
    refused = http.post(API, json=society, headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/language")


def test_handing_an_organisation_over_takes_a_sign_in_of_just_now(place: Place) -> None:
    browser = operator(place)
    browser.post(PAGE, data=new(place))
    place.node.now += timedelta(minutes=16)
    address = f"{PAGE}/{new(place)['id']}/owner"
    answer = browser.post(address, data={"email": place.email("mule")})
    assert (answer.status_code, "again=1" in answer.headers["location"]) == (303, True)
    assert place.mails("mule") == []


def test_nobody_but_the_operator_manages_organisations(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    for path in (PAGE, f"{PAGE}/{place.id}/name", f"{PAGE}/{place.id}/owner"):
        assert ada.post(path, data=new(place)).status_code == 404
    assert ada.get(PAGE).status_code == 404
    auditor = place.node.sign_in(place.email("auditor"), operator=Role.AUDITOR)
    assert auditor.get(PAGE).status_code == 403
    # A client of another organisation, even where somebody gave it the scope:
    headers = token(place.node, place.id)
    body = {"id": "mine", "kind": "registry", "name": "Mine"}
    for answer in (
        place.node.http.get(API, headers=headers),
        place.node.http.post(API, json=body, headers=headers),
        place.node.http.patch(f"{API}/{place.other}", json={"name": "Mine"}, headers=headers),
    ):
        assert answer.status_code == 403
    with place.node.node.database.read() as session:
        assert identity.get_organisation(session, place.other).name != "Mine"
