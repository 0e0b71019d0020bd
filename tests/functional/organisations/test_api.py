"""An organisation's programs manage its people: within their scopes, and nobody else's."""

from typing import Any

import pytest

from app.identity import service as identity
from app.identity.model import Role
from tests.simulator.place import Place

JSON = {"Accept": "application/json"}


def client(place: Place, *scopes: str) -> str:
    """Credentials of the organisation with these scopes alone; the name that ``token`` takes."""
    with place.node.node.database.write() as session:
        made = identity.new_client(
            session, organisation_id=place.id, name="few", scopes=scopes, at=place.node.now
        )
    place.node.credentials["few"] = made
    return "few"


def ask(place: Place, method: str, ending: str, *, as_: str = "", **more: Any) -> Any:
    headers = place.node.token(as_ or place.id) | more.pop("headers", {})
    return place.node.http.request(method, place.api(ending), headers=JSON | headers, **more)


def test_a_program_reads_the_organisation_and_its_members_page_by_page(place: Place) -> None:
    assert ask(place, "GET", "").json() == {
        "id": place.id, "kind": "registry", "name": f"The registry {place.id}",
    }  # fmt: skip
    for name in ("ada", "eve", "joy"):
        place.sign_in(name, Role.OWNER)
    found: list[str] = []
    page: dict[str, Any] = {"next_cursor": None}
    while len(found) < 3:
        query = {"limit": 2} | ({"cursor": page["next_cursor"]} if found else {})
        page = ask(place, "GET", "/members", params=query).json()
        found += [one["email"] for one in page["items"]]
    assert page["next_cursor"] is None
    assert found == [place.email(name) for name in ("ada", "eve", "joy")]


def test_roles_are_changed_as_they_were_seen(place: Place) -> None:
    place.sign_in("ada", Role.OWNER)
    place.sign_in("eve", Role.READER)
    one = f"/members/{place.person('eve')}"
    seen = {"If-Match": ask(place, "GET", one).headers["etag"]}
    changed = ask(place, "PUT", one, json={"roles": ["auditor"]}, headers=seen)
    assert (changed.status_code, changed.json()["roles"]) == (200, ["auditor"])
    stale = ask(place, "PUT", one, json={"roles": ["owner"]}, headers=seen)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    assert ask(place, "DELETE", one, headers=seen).status_code == 412
    assert place.trail()[-1].who.startswith("client:")
    fresh = {"If-Match": changed.headers["etag"]}
    assert ask(place, "DELETE", one, headers=fresh).status_code == 204
    assert ask(place, "GET", one).status_code == 404
    last = ask(place, "DELETE", f"/members/{place.person('ada')}")
    assert (last.status_code, last.json()["code"]) == (409, "last-owner")


def test_a_program_invites_and_withdraws(place: Place) -> None:
    wanted = {"email": place.email("joy"), "roles": ["reviewer"], "note": "Welcome"}
    made = ask(place, "POST", "/invitations", json=wanted)
    assert made.status_code == 201
    assert place.link("joy").rpartition("/")[2] not in made.text
    one = f"/invitations/{made.json()['id']}"
    assert ask(place, "GET", "/invitations").json()["items"] == [made.json()]
    assert ask(place, "GET", one).json() == made.json()
    again = ask(place, "POST", "/invitations", json=wanted)
    assert (again.status_code, again.json()["code"]) == (409, "invited-already")
    assert ask(place, "POST", f"{one}/send").status_code == 200
    assert len(place.mails("joy")) == 2
    assert ask(place, "DELETE", one).status_code == 204
    assert ask(place, "DELETE", one).status_code == 404
    assert ask(place, "POST", f"{one}/send").status_code == 404
    assert place.sign_in("joy").post(place.link("joy")).status_code == 404


def test_a_program_gives_and_takes_no_role_that_allows_more_than_itself(place: Place) -> None:
    place.sign_in("ada", Role.OWNER)
    place.sign_in("eve", Role.READER)
    few = client(place, "admin:organisation", "catalogue:read")
    for roles in (["owner"], ["auditor"], ["reader", "owner"]):
        wanted = {"email": place.email("mule"), "roles": roles}
        assert ask(place, "POST", "/invitations", as_=few, json=wanted).status_code == 403
        one = f"/members/{place.person('eve')}"
        assert ask(place, "PUT", one, as_=few, json={"roles": roles}).status_code == 403
    assert ask(place, "DELETE", f"/members/{place.person('ada')}", as_=few).status_code == 403
    assert place.mails("mule") == []
    owners = ask(
        place, "POST", "/invitations", json={"email": place.email("mule"), "roles": ["owner"]}
    ).json()["id"]
    assert ask(place, "POST", f"/invitations/{owners}/send", as_=few).status_code == 403
    wanted = {"email": place.email("joy"), "roles": ["reader"]}
    assert ask(place, "POST", "/invitations", as_=few, json=wanted).status_code == 201


@pytest.mark.parametrize(
    ("method", "ending"),
    [
        ("GET", ""),
        ("GET", "/members"),
        ("GET", "/members/x"),
        ("PUT", "/members/x"),
        ("DELETE", "/members/x"),
        ("GET", "/invitations"),
        ("POST", "/invitations"),
        ("GET", "/invitations/x"),
        ("POST", "/invitations/x/send"),
        ("DELETE", "/invitations/x"),
    ],
)
def test_another_organisations_program_touches_nothing(
    place: Place, method: str, ending: str
) -> None:
    wanted: dict[str, Any] = {"json": {"roles": ["reader"]}} if method == "PUT" else {}
    if (method, ending) == ("POST", "/invitations"):
        wanted = {"json": {"email": "a@example.org", "roles": ["reader"]}}
    assert ask(place, method, ending, as_=place.other, **wanted).status_code == 403
    few = client(place, "catalogue:read")
    assert ask(place, method, ending, as_=few, **wanted).status_code == 403
    path = place.api(ending)
    assert place.node.http.request(method, path, headers=JSON, **wanted).status_code == 401
    # A person's cookie is for pages: it opens no door of the API.
    ada = place.sign_in("ada", Role.OWNER)
    assert ada.request(method, path, headers=JSON, **wanted).status_code == 401


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "nobody", "roles": ["reader"]}, "/email"),
        ({"email": "a@example.org", "roles": []}, "/roles"),
        ({"email": "a@example.org", "roles": ["king"]}, "/roles/0"),
        ({"email": "a@example.org", "roles": ["reader"], "note": "x" * 501}, "/note"),
        ({"email": "a@example.org", "roles": ["reader"], "admin": True}, "/admin"),
    ],
)
def test_a_bad_invitation_names_the_field(place: Place, body: Any, pointer: str) -> None:
    answer = ask(place, "POST", "/invitations", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
