"""Status lists as they are served: fresh, cached well, signed in both forms, made again."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from sqlalchemy import delete, update

from app.identity import audit
from app.platform.problems import NotFound
from app.proof import jose, status_list
from app.proof.data_integrity import verify_proof
from app.proof.keys import PublicKey
from app.records import status
from app.records.standing import batch
from app.records.standing import service as standing
from app.records.standing.model import Action, Order, Reason
from app.records.status import Purpose
from app.records.status.publication import ListRefused
from app.records.status.tables import PublishedListRow
from app.records.tables import RecordRow
from app.trust import keys
from app.trust import service as trust
from app.trust.signer import KeyLocked, LockedSigner, SignerError
from tests.simulator.node import NODE, Node
from tests.simulator.standing import change, issue, ones, stored

pytestmark = pytest.mark.slow

LIST = "/societies/cse/status/1"
ENDINGS = {Purpose.REVOCATION: "", Purpose.SUSPENSION: "/suspension", Purpose.REFRESH: "/refresh"}


def public_keys(node: Node) -> dict[str, PublicKey]:
    with node.database.read() as session:
        return {held.key.id: held.key for held in trust.issuer_of(session, "cse").keys}


def revoke(node: Node, record_id: str) -> None:
    standing.revoke(node.database, node.signer, record_id, reason=Reason.ERROR, at=node.now)


def test_each_list_is_a_good_credential_in_both_forms(node: Node) -> None:
    stored(node, 1)
    for purpose in Purpose:
        assert_good(node, purpose)


def assert_good(node: Node, purpose: Purpose) -> None:
    path = LIST + ENDINGS[purpose]
    as_json = node.http.get(path)
    token = node.http.get(path, headers={"Accept": "application/vc+jwt"})
    document: Any = as_json.json()
    by = document["proof"][0]["verificationMethod"]
    verify_proof(document, key=public_keys(node)[by])
    kid = jose.split(token.text).key_id
    plain = jose.verify_jwt(token.text, key=public_keys(node)[kid])
    assert plain == {name: value for name, value in document.items() if name != "proof"}
    subject = document["credentialSubject"]
    assert document["id"] == NODE + path
    assert subject["statusPurpose"] == purpose.value
    assert subject["ttl"] == 300_000
    assert (document["validFrom"], document["validUntil"]) == (
        "2026-11-23T12:00:00Z",
        "2026-11-30T12:00:00Z",
    )
    assert len(status_list.decode(subject["encodedList"])) * 8 == status.SIZE


def test_a_client_that_has_the_list_is_told_so_until_it_changes(node: Node) -> None:
    (record_id,) = stored(node, 1)
    first = node.http.get(LIST)
    assert first.headers["cache-control"] == "no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    for again in (node.http.get(LIST, headers=known), node.http.head(LIST, headers=known)):
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    revoke(node, record_id)
    second = node.http.get(LIST, headers=known)
    assert (second.status_code, second.json() != first.json()) == (200, True)
    assert second.headers["etag"] != first.headers["etag"]


def test_each_form_has_a_tag_of_its_own(node: Node) -> None:
    stored(node, 1)
    accept = {"Accept": "application/vc+jwt"}
    as_json, token = node.http.get(LIST), node.http.get(LIST, headers=accept)
    assert as_json.headers["etag"] != token.headers["etag"]
    assert as_json.headers["vary"] == token.headers["vary"] == "Accept"
    wrong = node.http.get(LIST, headers={**accept, "If-None-Match": as_json.headers["etag"]})
    assert (wrong.status_code, wrong.text) == (200, token.text)


def test_tags_are_compared_as_the_standard_says(node: Node) -> None:
    stored(node, 1)
    tag = node.http.get(LIST).headers["etag"]
    for tags, code in (
        ('"x", {tag}', 304), ("W/{tag}", 304), ("*", 304), ('"x"', 200), ("", 200), ('W/"', 200),
    ):  # fmt: skip
        given = {"If-None-Match": tags.format(tag=tag), "If-Modified-Since": "Fri, 01 Jan 2027"}
        assert node.http.get(LIST, headers=given).status_code == code, tags


def test_a_list_is_told_by_its_time_only_when_its_second_is_its_own(node: Node) -> None:
    one, other = stored(node, 2)
    first = node.http.get(LIST)
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert first.headers["last-modified"] == "Mon, 23 Nov 2026 12:00:00 GMT"
    assert node.http.get(LIST, headers=since).status_code == 304
    node.now += timedelta(milliseconds=300)
    revoke(node, one)
    second = node.http.get(LIST, headers=since)
    assert second.status_code == 200
    assert "last-modified" not in second.headers
    node.now += timedelta(seconds=2)
    revoke(node, other)
    third = node.http.get(LIST, headers=since)
    assert (third.status_code, third.headers["last-modified"]) == (
        200,
        "Mon, 23 Nov 2026 12:00:02 GMT",
    )
    later = {"If-Modified-Since": format_datetime(node.now + timedelta(days=1), usegmt=True)}
    assert node.http.get(LIST, headers=later).status_code == 304
    for nonsense in ("yesterday", "Mon, 23 Nov 2026 12:00:02", "\x7f"):
        answer = node.http.get(LIST, headers={"If-Modified-Since": nonsense})
        assert answer.status_code == 200


def test_the_head_of_a_list_is_that_of_its_body(node: Node) -> None:
    stored(node, 1)
    head, body = node.http.head(LIST), node.http.get(LIST)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(body.headers)


def test_a_node_that_cannot_sign_serves_the_last_good_list(node: Node) -> None:
    (record_id,) = stored(node, 1)
    before = node.http.get(LIST).content
    locked = LockedSigner()
    node.now += timedelta(days=5)
    with pytest.raises(KeyLocked):
        status.publish_due(node.database, locked, at=node.now)
    with pytest.raises(KeyLocked):
        standing.revoke(node.database, locked, record_id, reason=Reason.ERROR, at=node.now)
    assert node.http.get(LIST).content == before
    assert status.publish_due(node.database, node.signer, at=node.now) == 1


def test_a_list_that_would_not_verify_is_not_published(node: Node) -> None:
    (record_id,) = stored(node, 1)
    before = node.http.get(LIST).content
    node.signer.garble(on=True)
    with pytest.raises(ListRefused, match="does not verify"):
        revoke(node, record_id)
    node.signer.garble(on=False)
    assert node.http.get(LIST).content == before
    with node.database.read() as session:
        assert standing.history(session, record_id).changes == ()


def test_lists_are_renewed_for_every_purpose_before_they_end(node: Node) -> None:
    stored(node, 1)
    assert status.publish_due(node.database, node.signer, at=node.now) == 0
    node.now += status.VALIDITY / 2 + timedelta(minutes=1)
    signed = node.signer.signatures
    assert status.publish_due(node.database, node.signer, at=node.now) == 1
    assert node.signer.signatures - signed == 2 * len(Purpose)
    for ending in ENDINGS.values():
        until = node.http.get(LIST + ending).json()["validUntil"]
        assert until == (node.now + status.VALIDITY).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_lost_list_is_made_again_from_the_records(node: Node) -> None:
    one, other, _ = stored(node, 3)
    revoke(node, one)
    change(node, other, "suspend", "under_review")
    said = {purpose: ones(node, purpose) for purpose in Purpose}
    assert [len(found) for found in said.values()] == [1, 1, 0]
    with node.database.write() as session:
        session.execute(delete(PublishedListRow))
    assert node.http.get(LIST).status_code == 404
    assert status.publish_due(node.database, node.signer, at=node.now) == 1
    assert {purpose: ones(node, purpose) for purpose in Purpose} == said


def test_bits_that_differ_from_the_records_are_found_and_put_right(node: Node) -> None:
    revoked, fine = stored(node, 2)
    revoke(node, revoked)
    with node.database.read() as session:
        assert status.differing(session) == []
        good = status.published_list(session, society_id="cse", number=1)
    places = ones(node, Purpose.REVOCATION)
    with node.database.write() as session:
        flipped = bytes(len(good.bits) - 1) + b"\x01"
        session.execute(
            update(PublishedListRow)
            .where(PublishedListRow.purpose == "revocation")
            .values(bits=flipped)
        )
    with node.database.read() as session:
        assert status.differing(session) == [NODE + LIST]
    assert status.publish_all(node.database, node.signer, at=node.now) == 1
    assert ones(node, Purpose.REVOCATION) == places
    with node.database.read() as session:
        assert status.differing(session, society_id="cse") == []
        (entry,) = audit.trail(session, f"status-list:{NODE}{LIST}")
    assert entry.action == "status.repair"
    assert entry.after == {"set": 1, "missing": 1, "surplus": 1}
    assert fine


def test_what_is_kept_and_what_is_computed_agree_after_anything(node: Node) -> None:
    ids = stored(node, 12)
    for orders in (
        [(one, Order(Action.SUSPEND, Reason.UNDER_REVIEW)) for one in ids],
        [(one, Order(Action.REINSTATE, Reason.CLEARED)) for one in ids[1::2]],
        [(one, Order(Action.REVOKE, Reason.ERROR)) for one in ids[::3]],
    ):
        batch.change_many(node.database, node.signer, orders, at=node.now, who="test")
    with node.database.write() as session:
        standing.supersede(
            session,
            node.signer,
            successors={ids[1]: ids[2]},
            society_id="cse",
            at=node.now,
            who="test",
        )
    with node.database.read() as session:
        assert status.differing(session) == []
    assert [len(ones(node, purpose)) for purpose in Purpose] == [5, 6, 1]


def test_lists_that_a_stolen_key_may_have_signed_are_signed_anew(node: Node) -> None:
    (other,) = stored(node, 1)
    revoke(node, other)
    node.now += timedelta(hours=1)
    with node.database.write() as session:
        issuer = trust.issuer_of(session, "cse")
        keys.rotate(session, node.signer, issuer_id=issuer.id, at=node.now)
    raw, _ = node.forms(issue(node)["id"], "cse")
    assert node.verify(raw).status_code == 200
    with node.database.write() as session:
        for held in issuer.keys:
            keys.compromise(session, node.signer, held.key.id, since=node.now, at=node.now)
    assert node.verify(raw).status_code == 400
    signed = node.signer.signatures
    assert status.publish_all(node.database, node.signer, at=node.now, society_id="none") == 0
    assert status.publish_all(node.database, node.signer, at=node.now, society_id="cse") == 1
    assert node.signer.signatures - signed == 2 * len(Purpose)
    assert node.verify(raw).status_code == 200
    assert len(ones(node, Purpose.REVOCATION)) == 1


def test_the_trust_copy_is_the_token_that_is_served(node: Node) -> None:
    (record_id,) = stored(node, 1)
    revoke(node, record_id)
    with node.database.read() as session:
        bundle = trust.bundle(session, at=node.now)
    for ending in ENDINGS.values():
        served = node.http.get(LIST + ending, headers={"Accept": "application/vc+jwt"})
        assert bundle.status_lists[NODE + LIST + ending].body == served.content


def test_a_list_of_nobody_is_not_there(node: Node) -> None:
    for path in ("/societies/cse/status/9", "/societies/cse/status/1/other"):
        assert node.http.get(path).status_code == 404
    with node.database.write() as session, pytest.raises(NotFound):
        status.publish(session, node.signer, society_id="cse", number=9, at=node.now)
    with node.database.read() as session:
        assert status.listed_urls(session, society_id="cse", number=9) == ()


def test_the_signer_breaking_at_any_signature_leaves_every_list_as_it_was(node: Node) -> None:
    (record_id,) = stored(node, 1)
    for number in range(1, 3):
        node.signer.break_at(number)
        with pytest.raises(SignerError):
            revoke(node, record_id)
        assert ones(node, Purpose.REVOCATION) == set()
        with node.database.read() as session:
            assert session.get_one(RecordRow, record_id).revoked_at is None
            assert status.differing(session) == []
    revoke(node, record_id)
    assert len(ones(node, Purpose.REVOCATION)) == 1
