"""Somebody is invited by e-mail and becomes a member, and nobody else does by that mail."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from lxml import html
from structlog.testing import capture_logs

from app.identity.model import Role
from app.identity.people import invitations
from app.identity.people.tables import InvitationRow
from tests.simulator.place import Place

OVER = "This invitation cannot be accepted."


def invite(
    browser: TestClient, place: Place, name: str = "joy", role: str = "editor", **more: str
) -> Response:
    form = {"email": place.email(name), "roles": role, **more}
    return browser.post(place.url("/invitations"), data=form)


def act(browser: TestClient, place: Place, what: str) -> Response:
    """Press a button of the one open invitation."""
    page = html.fromstring(browser.get(place.url("/members")).text)
    actions = page.xpath("//form/@action[contains(., '/invitations/')]")
    (address,) = [each for each in actions if each.endswith(what)]
    return browser.post(address)


def test_the_invited_signs_in_and_becomes_a_member_once(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    place.call("ada", "Ada Lovelace")
    assert invite(ada, place, note="Welcome\nto us").headers["location"].endswith("?done=invited")
    (mail,) = place.mails("joy")
    assert (mail.to, "Ada Lovelace invites you" in mail.text) == (place.email("joy"), True)
    assert "> Welcome\n> to us\n" in mail.text
    assert place.email("joy") in ada.get(place.url("/members")).text

    stranger = place.node.http.get(place.link("joy"))
    assert "Ada Lovelace" in stranger.text
    assert f"The registry {place.id}" in stranger.text
    assert place.email("joy") not in stranger.text
    assert "Welcome" not in stranger.text
    assert f"/sign-in?next={place.link('joy')}" in stranger.text
    assert place.node.http.post(place.link("joy")).headers["location"].startswith("/sign-in")

    joy = place.sign_in("joy")
    assert "Accept the invitation" in joy.get(place.link("joy")).text
    assert joy.post(place.link("joy")).headers["location"] == place.url()
    assert place.roles("joy") == {"editor"}
    assert joy.get(place.url()).status_code == 200
    address = place.link("joy")
    for again in (joy.post(address), joy.get(address), place.node.http.get(address)):
        assert (again.status_code, OVER in again.text) == (404, True)
    done = [entry.action for entry in place.trail()]
    assert done[-3:] == ["invitation.make", "invitation.accept", "member.set"]
    assert place.trail()[-1].who == f"person:{place.person('joy')}"


def test_an_invitation_is_for_the_address_it_was_sent_to(place: Place) -> None:
    ada, eve = place.sign_in("ada", Role.OWNER), place.sign_in("eve")
    invite(ada, place, role="owner")
    page = eve.get(place.link("joy")).text
    assert "which is not an address of the account" in page
    assert "Accept the invitation" not in page
    assert place.email("joy") not in page
    refused = eve.post(place.link("joy"))
    assert refused.status_code == 403
    assert "j…@example.org" in refused.text
    assert place.roles("eve") is None
    # It still waits for the one whom it is for, whose account has taken no harm.
    assert place.sign_in("joy").post(place.link("joy")).status_code == 303
    assert place.roles("joy") == {"owner"}


def test_an_invitation_ends(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    joy = place.sign_in("joy")
    begin = place.node.now
    place.node.now = begin - invitations.LASTS  # the guard reads the real clock
    invite(ada, place)
    place.node.now = begin - timedelta(seconds=1)
    assert joy.get(place.link("joy")).status_code == 200
    place.node.now = begin
    assert joy.get(place.link("joy")).status_code == 404
    assert joy.post(place.link("joy")).status_code == 404
    assert place.roles("joy") is None


def test_a_withdrawn_invitation_leads_nowhere(place: Place) -> None:
    ada, joy = place.sign_in("ada", Role.OWNER), place.sign_in("joy")
    invite(ada, place)
    assert act(ada, place, "withdraw").headers["location"].endswith("?done=withdrawn")
    assert joy.post(place.link("joy")).status_code == 404
    assert place.email("joy") not in ada.get(place.url("/members")).text
    assert invite(ada, place).status_code == 303  # it can be said again


def test_what_is_sent_again_replaces_the_mail_before(place: Place) -> None:
    ada, joy = place.sign_in("ada", Role.OWNER), place.sign_in("joy")
    invite(ada, place)
    first = place.link("joy")
    act(ada, place, "again")
    assert place.link("joy") != first
    assert joy.post(first).status_code == 404
    assert joy.post(place.link("joy")).status_code == 303


def test_who_is_removed_takes_his_invitations_along_and_who_leaves_does_not(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    eve = place.sign_in("eve", Role.OWNER)
    invite(eve, place, "mule", "owner")
    mule = place.sign_in("mule")
    ada.post(place.url(f"/members/{place.person('eve')}/roles"), data={"roles": "reader"})
    assert mule.post(place.link("mule")).status_code == 404

    eve = place.sign_in("eve", Role.OWNER)
    invite(eve, place, "mule", "owner")
    ada.post(place.url(f"/members/{place.person('eve')}/remove"))
    assert mule.post(place.link("mule")).status_code == 404

    eve = place.sign_in("eve", Role.OWNER)
    invite(eve, place)
    eve.post(place.url("/leave"))
    assert place.sign_in("joy").post(place.link("joy")).status_code == 303


def test_of_two_who_accept_at_once_one_does(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    invite(ada, place)
    address, browsers = place.link("joy"), [place.sign_in("joy") for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        answers = sorted(pool.map(lambda one: one.post(address).status_code, browsers))
    assert answers == [303, 404, 404]
    made = [e for e in place.trail() if e.action == "invitation.accept"]
    assert len(made) == 1


def test_accepting_while_the_inviter_is_removed_ends_one_way_or_the_other(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    eve, joy = place.sign_in("eve", Role.OWNER), place.sign_in("joy")
    invite(eve, place, role="owner")
    address, out = place.link("joy"), place.url(f"/members/{place.person('eve')}/remove")
    with ThreadPoolExecutor(2) as pool:
        accepted = pool.submit(joy.post, address)
        removed = pool.submit(ada.post, out)
    assert removed.result().status_code == 303
    assert (accepted.result().status_code == 303) == (place.roles("joy") == {"owner"})


def test_a_member_who_accepts_gains_roles_and_loses_none(place: Place) -> None:
    ada, joy = place.sign_in("ada", Role.OWNER), place.sign_in("joy", Role.AUDITOR)
    invite(ada, place)
    joy.post(place.link("joy"))
    assert place.roles("joy") == {"auditor", "editor"}


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"email": "nobody", "roles": "reader"}, "email"),
        ({"email": "a@b\r\nBcc: c@d.example", "roles": "reader"}, "email"),
        ({"email": "joy@example.org"}, "roles"),
        ({"email": "joy@example.org", "roles": "king"}, "roles"),
        ({"email": "joy@example.org", "roles": "reader", "note": "x" * 501}, "note"),
    ],
)
def test_the_form_says_what_is_wrong_beside_the_field(
    place: Place, form: dict[str, str], field: str
) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    answer = ada.post(place.url("/invitations"), data=form)
    assert answer.status_code == 422
    assert html.fromstring(answer.text).xpath(f"//*[contains(@id, '{field}-wrong')]")
    assert "waits for an answer" in answer.text


def test_an_address_is_invited_once_at_a_time_and_not_without_end(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    assert invite(ada, place).status_code == 303
    assert invite(ada, place, "Joy").status_code == 409
    for _ in range(4):
        assert act(ada, place, "again").status_code == 303
    refused = act(ada, place, "again")
    assert (refused.status_code, len(place.mails("joy"))) == (429, 5)
    # The refusal left the last mail's link as it was.
    assert place.sign_in("joy").post(place.link("joy")).status_code == 303


def test_only_the_hash_of_a_secret_is_kept_and_no_log_has_it(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    with capture_logs() as logged:
        invite(ada, place)
        place.node.http.get(place.link("joy"))
    secret = place.link("joy").rpartition("/")[2]
    with place.node.node.database.read() as session:
        (row,) = session.query(InvitationRow).filter_by(organisation_id=place.id)
    assert secret not in str(vars(row))
    assert secret not in str(logged)
    answer = place.node.http.get(place.link("joy"))
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize("secret", ["x", "A" * 43, "%F0%9F%92%A9", "..%2F..", "A" * 2000])
def test_a_made_up_secret_opens_nothing(place: Place, secret: str) -> None:
    assert place.node.http.get(f"/invitations/{secret}").status_code in {404, 422}
