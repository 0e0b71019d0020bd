"""What people keep in their accounts, what they take along, and what is left when they go."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import select

from app.identity.model import Role
from app.platform.db import Base
from tests.simulator.members import House
from tests.simulator.node import COMPLETION
from tests.simulator.place import Place

pytestmark = pytest.mark.slow

REGISTRATION = {"number": "A-4711", "since": "2019-05-31", "until": ""}


def register(browser: TestClient, place: Place, ending: str = "", **changed: str) -> Any:
    form = {"registry": place.id} | REGISTRATION | changed
    return browser.post(f"/account/registrations{ending}", data=form)


def rows(browser: TestClient, address: str) -> list[str]:
    page = html.fromstring(browser.get(address).text)
    return [" ".join(one.text_content().split()) for one in page.xpath("//ul[@class='rows']/li")]


def test_an_engineer_writes_down_corrects_and_removes_registrations(place: Place) -> None:
    ada = place.sign_in("ada")
    assert register(ada, place).status_code == 303
    assert register(ada, place, registry=place.other, until="2024-01-01").status_code == 303
    (first, second) = rows(ada, "/account/registrations")
    assert "From May 31, 2019 until January 1, 2024" in first
    assert f"The registry {place.id}" in second
    page = html.fromstring(ada.get("/account/registrations").text)
    (change,) = page.xpath(f"//li[contains(., 'The registry {place.id}')]//a/@href")
    address = change.partition("#")[0]
    assert 'value="A-4711"' in ada.get(address).text
    ending = address.removeprefix("/account/registrations")
    assert register(ada, place, ending, number="B 1").status_code == 303
    assert "B 1" in rows(ada, "/account/registrations")[1]
    # Somebody else's is not there.
    eve = place.sign_in("eve")
    assert eve.get(address).status_code == 404
    assert eve.post(f"{address}/remove").status_code == 404
    assert register(eve, place, ending).status_code == 404
    assert ada.post(f"{address}/remove").status_code == 303
    assert len(rows(ada, "/account/registrations")) == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"registry": "nowhere"}, "registry"),
        ({"registry": "cse"}, "registry"),  # a society
        ({"registry": ""}, "registry"),
        ({"number": " "}, "number"),
        ({"number": "x" * 101}, "number"),
        ({"number": "a\x00b"}, "number"),
        ({"since": "yesterday"}, "since"),
        ({"since": "0001-01-01"}, "since"),
        ({"since": "2999-01-01"}, "since"),
        ({"until": "2019-05-30"}, "until"),
        ({"until": "2019-02-30"}, "until"),
    ],
)
def test_a_registration_that_cannot_be_is_refused_beside_the_field(
    place: Place, changed: dict[str, str], field: str
) -> None:
    ada = place.sign_in("ada")
    answer = register(ada, place, **changed)
    assert answer.status_code == 422
    assert html.fromstring(answer.text).xpath(f"//*[@id='{field}-wrong']")
    assert rows(ada, "/account/registrations") == []


def test_a_number_is_written_down_once_also_when_two_forms_come_at_once(place: Place) -> None:
    browsers = [place.sign_in("ada") for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        answers = [one.status_code for one in pool.map(lambda b: register(b, place), browsers)]
    assert sorted(answers) == [303, 422, 422]
    assert len(rows(browsers[0], "/account/registrations")) == 1


@pytest.fixture
def record(place: Place) -> tuple[str, str]:
    """A record of a society, and the path of its holder's page."""
    node = place.node
    headers = {**node.token("cse"), "Idempotency-Key": f"of-test-{place.number}"}
    completion = COMPLETION | {"course_run": f"run-{place.number}"}
    made = node.http.post("/api/v1/societies/cse/completions", json=completion, headers=headers)
    record_id = made.json()["id"]
    return record_id, holder_link(node, record_id)


def holder_link(node: House, record_id: str) -> str:
    answer = node.http.post(f"/api/v1/records/{record_id}/holder-link", headers=node.token("cse"))
    return str(answer.json()["url"]).removeprefix("https://cpd.example")


def test_a_holder_keeps_a_record_which_outlives_the_link(
    place: Place, record: tuple[str, str]
) -> None:
    record_id, holder = record
    assert "Keep this record" not in place.node.http.get(holder).text
    assert place.node.http.post(f"{holder}/keep").headers["location"].startswith("/sign-in")
    ada = place.sign_in("ada")
    assert "Keep this record in my account" in ada.get(holder).text
    for _ in range(2):  # twice is once
        assert ada.post(f"{holder}/keep").headers["location"] == f"{holder}#keep"
    assert "your records" in ada.get(holder).text
    holder_link(place.node, record_id)  # the link before ends
    assert ada.get(holder).status_code == 404
    (row,) = rows(ada, "/account/records")
    assert "Stands" in row
    assert "桥梁抗震设计" in row or "Seismic design" in row
    address = f"/account/records/{record_id}"
    assert "Your record holds" in ada.get(address).text
    assert json.loads(ada.get(f"{address}/record.json").content)["id"].endswith(record_id)
    assert ada.get(f"{address}/record.jwt").headers["cache-control"] == "private, no-store"

    order = {"reason": "error"}
    revoked = place.node.http.post(
        f"/api/v1/records/{record_id}/revoke", json=order, headers=place.node.token("cse")
    )
    assert revoked.status_code == 200, revoked.text
    assert "Revoked" in rows(ada, "/account/records")[0]

    eve = place.sign_in("eve")
    for path in (address, f"{address}/record.json"):
        assert eve.get(path).status_code == 404
    assert eve.post(f"{address}/remove").status_code == 404
    assert eve.post(f"{holder}/keep").status_code == 404
    assert ada.post(f"{address}/remove").status_code == 303
    assert rows(ada, "/account/records") == []
    assert ada.get(address).status_code == 404


def test_the_export_holds_ones_own_and_nobody_elses(place: Place, record: tuple[str, str]) -> None:
    record_id, holder = record
    ada, eve = place.sign_in("ada", Role.OWNER), place.sign_in("eve", Role.OWNER)
    place.call("ada", "Ada Lovelace")
    place.call("eve", "Eve Else")
    register(ada, place)
    register(eve, place, number="E-1")
    ada.post(f"{holder}/keep")
    invite = {"email": place.email("joy"), "roles": "reader", "note": "Come"}
    eve.post(place.url("/invitations"), data=invite)
    eve.post(place.url(f"/members/{place.person('ada')}/roles"), data={"roles": ["auditor"]})

    answer = ada.get("/account/data/export.json")
    assert answer.headers["content-disposition"].startswith("attachment")
    told = answer.json()
    assert told["account"][0]["name"] == "Ada Lovelace"
    assert [one["email"] for one in told["addresses"]] == [place.email("ada")]
    assert [one["number"] for one in told["registrations"]] == ["A-4711"]
    assert told["memberships"][0]["roles"] == ["auditor"]
    assert told["records"][0]["json"]["id"] == f"urn:uuid:{record_id}"
    assert len(told["sessions"]) == 1
    changed = [one for one in told["history"] if one["action"] == "member.set"][-1]
    assert (changed["who"], changed["after"]["roles"]) == ("person", ["auditor"])
    for other in ("Eve Else", place.email("eve"), place.person("eve"), "E-1", place.email("joy")):
        assert other not in answer.text
    joy = place.sign_in("joy").get("/account/data/export.json").json()
    assert [one["note"] for one in joy["invitations"]] == ["Come"]


def everything(node: House) -> str:
    """What every table of the node holds, as text."""
    with node.node.database.read() as session:
        return "\n".join(
            f"{table.name}: {row}"
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
        )


def test_of_an_ended_account_nothing_is_left_but_an_opaque_id(
    place: Place, record: tuple[str, str]
) -> None:
    _record_id, holder = record
    eve = place.sign_in("eve", Role.OWNER)
    ada = place.sign_in("ada", Role.OWNER)
    elsewhere = place.sign_in("ada")
    place.call("ada", f"Ada Lovelace {place.number}.")
    person = place.person("ada")
    register(ada, place, number=f"ADA-{place.number}.")
    ada.post(f"{holder}/keep")
    place.sign_in("owner", other=Role.OWNER).post(
        f"/organisations/{place.other}/invitations",
        data={"email": place.email("ada"), "roles": "reader"},
    )
    traces = (place.email("ada"), f"Ada Lovelace {place.number}.", f"ADA-{place.number}.")
    assert all(trace in everything(place.node) for trace in traces)

    answer = ada.post("/account/data/end", data={"sure": "yes"})
    assert answer.headers["location"] == "/account-ended"
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert ada.get("/account-ended").status_code == 200
    left = everything(place.node)
    assert [trace for trace in traces if trace in left] == []
    assert {line.partition(":")[0] for line in left.splitlines() if person in line} == {"audit"}
    assert elsewhere.get("/account").status_code == 303  # signed out everywhere
    assert place.owners() == 1
    assert eve.get(place.url("/members")).status_code == 200
    assert place.mails("ada")[-1].subject == "Your account on OpenCPD was deleted"
    # The address is free, for a new account that knows nothing of the old one.
    again = place.sign_in("ada")
    assert rows(again, "/account/registrations") == []
    assert place.person("ada") != person


def test_an_account_ends_only_when_it_is_meant_and_by_who_just_signed_in(place: Place) -> None:
    ada = place.sign_in("ada")
    refused = ada.post("/account/data/end")
    assert (refused.status_code, "Tick the box" in refused.text) == (422, True)
    place.node.now += timedelta(minutes=16)
    for answer in (
        ada.post("/account/data/end", data={"sure": "yes"}),
        ada.get("/account/data/export.json"),
    ):
        assert answer.headers["location"].startswith("/sign-in?")
        assert "again=1" in answer.headers["location"]
    assert ada.get("/account/data").status_code == 200


def test_the_only_owner_hands_over_before_he_goes(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    assert f"The registry {place.id}" in ada.get("/account/data").text
    refused = ada.post("/account/data/end", data={"sure": "yes"})
    assert (refused.status_code, "make another member an owner" in refused.text) == (409, True)
    assert ada.get("/account/data").status_code == 200
    place.sign_in("eve", Role.OWNER)
    assert ada.post("/account/data/end", data={"sure": "yes"}).status_code == 303


def test_of_two_last_owners_who_end_their_accounts_one_stays(place: Place) -> None:
    browsers = [place.sign_in(name, Role.OWNER) for name in ("ada", "eve")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda one: one.post("/account/data/end", data={"sure": "yes"}), browsers)
        )
    assert sorted(one.status_code for one in answers) == [303, 409]
    assert place.owners() == 1


def test_what_is_added_while_an_account_ends_is_there_or_refused_never_a_failure(
    place: Place, record: tuple[str, str]
) -> None:
    """Each adds to the account that the first request deletes at that moment."""
    _record_id, holder = record
    place.sign_in("owner", Role.OWNER).post(
        place.url("/invitations"), data={"email": place.email("ada"), "roles": "reader"}
    )
    browsers = [place.sign_in("ada") for _ in range(4)]
    address = place.link("ada")
    ways: list[Any] = [
        lambda: browsers[0].post("/account/data/end", data={"sure": "yes"}),
        lambda: register(browsers[1], place),
        lambda: browsers[2].post(f"{holder}/keep"),
        lambda: browsers[3].post(address),
    ]
    with ThreadPoolExecutor(4) as pool:
        answers = [one.status_code for one in pool.map(lambda way: way(), ways)]
    assert set(answers) <= {303, 404, 409, 403}, answers
    if answers[0] == 303:
        assert place.email("ada") not in everything(place.node)


def test_nobody_who_is_not_signed_in_sees_an_account(place: Place) -> None:
    for path in ("registrations", "records", "data", "data/export.json"):
        answer = place.node.http.get(f"/account/{path}")
        assert answer.headers["location"].startswith("/sign-in?next=%2Faccount%2F")


def test_the_registries_to_choose_from_are_those_of_this_node(place: Place) -> None:
    page = html.fromstring(place.sign_in("ada").get("/account/registrations").text)
    found = set(page.xpath("//select[@id='registry']/option/@value"))
    assert {place.id, place.other} <= found
    assert "cse" not in found
