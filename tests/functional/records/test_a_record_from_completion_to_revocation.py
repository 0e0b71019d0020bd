"""A society reports a completion, gets a record, anybody verifies it, the society revokes it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.catalogue import service as catalogue
from app.identity import audit
from app.platform.db import Database
from app.proof import status_list
from app.records import status
from app.trust.signer import SignerError
from app.verification.profile import check
from tests.conftest import NOW, own_database
from tests.simulator.node import COMPLETION, NODE, Node


def two_societies(database: Database) -> Node:
    made = Node(database, NOW)
    made.add_society("cse", name="Society of Civil Engineers")
    made.add_society("pec")
    return made


@pytest.fixture
def node(database: Database) -> Node:
    return two_societies(database)


@pytest.fixture(scope="module")
def refusing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Node]:
    """The same for all tests in which nothing is issued, since each is refused or finds nothing."""
    with own_database(request, tmp_path_factory.mktemp("refusing")) as url:
        database = Database.open(url)
        yield two_societies(database)
        database.close()


def failing(answer: Any) -> list[str]:
    return [error["check"] for error in answer.json()["errors"] if error["outcome"] == "fail"]


def test_a_completion_becomes_a_record_that_anybody_can_verify(node: Node) -> None:
    issued = node.complete("cse", COMPLETION, key="k-1")
    assert issued.status_code == 201, issued.text
    told = issued.json()
    assert told["status"] == "valid"
    assert told["json_url"] == f"{NODE}/api/v1/records/{told['id']}"
    for form in node.forms(told["id"], "cse"):
        answer = node.verify(form)
        assert answer.status_code == 200, answer.text
        assert answer.json()["verified"] is True
        assert len(answer.json()["checks"]) == 10


def test_the_record_holds_the_facts_and_nothing_that_names_the_holder(node: Node) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    raw, token = node.forms(told["id"], "cse")
    record = json.loads(raw)
    assert check(record) == []
    assert record["name"] == "桥梁抗震设计"
    subject = record["credentialSubject"]
    units = {d["id"]: d["resultType"] for d in subject["achievement"]["resultDescription"]}
    facts = {units[result["resultDescription"]]: result["value"] for result in subject["result"]}
    assert facts == {
        "ext:ContactMinutes": "360",
        "ext:WorkloadMinutes": "480",
        "ext:FullDays": "1",
        "ext:ActivityKind": "course",
        "ext:DeliveryMode": "onsite",
        "ext:Assessed": "true",
        "ext:AssessmentResult": "passed",
    }
    (related,) = subject["achievement"]["related"]
    assert (related["inLanguage"], related["name"]) == ("en", "Seismic design of bridges")
    assert subject["id"].startswith("urn:uuid:")
    assert b"4711-0815" not in raw
    assert b"4711-0815" not in token
    (identity,) = subject["identifier"]
    assert identity["identityHash"].startswith("sha256$")


def test_a_wrapped_record_is_verified_like_a_bare_one(node: Node) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    raw, token = node.forms(told["id"], "cse")
    for wrapped in (json.loads(raw), token.decode()):
        body = json.dumps({"verifiableCredential": wrapped, "options": {}}).encode()
        assert node.verify(body).status_code == 200


def test_one_changed_character_and_one_added_member_are_refused(node: Node) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    raw, token = node.forms(told["id"], "cse")
    changed = raw.replace(b'"360"', b'"361"')
    assert changed != raw
    answer = node.verify(changed)
    assert answer.status_code == 400
    assert failing(answer) == ["proof.signature"]
    added = json.loads(raw)
    added["credentialSubject"]["cpdHours"] = 999
    assert node.verify(json.dumps(added).encode()).status_code == 400
    middle = len(token) // 2
    swapped = token[:middle] + (b"A" if token[middle : middle + 1] != b"A" else b"B")
    assert node.verify(swapped + token[middle + 1 :]).status_code == 400


def test_a_revoked_record_is_refused_at_once_and_the_list_says_so(node: Node) -> None:
    kept = node.complete("cse", COMPLETION, key="k-1").json()
    other = {**COMPLETION, "course_run": "2026-12"}
    told = node.complete("cse", other, key="k-2").json()
    raw, token = node.forms(told["id"], "cse")
    node.now += timedelta(hours=1)
    revoked = node.http.post(
        f"/api/v1/records/{told['id']}/revoke", json={"reason": "error"}, headers=node.token("cse")
    )
    assert revoked.status_code == 200, revoked.text
    assert (revoked.json()["status"], revoked.json()["revocation_reason"]) == ("revoked", "error")
    for form in (raw, token):
        assert failing(node.verify(form)) == ["status.revocation"]
    assert node.verify(node.forms(kept["id"], "cse")[0]).status_code == 200

    entry = json.loads(raw)["credentialStatus"]
    served = node.http.get(entry["statusListCredential"].removeprefix(NODE))
    subject = served.json()["credentialSubject"]
    bits = status_list.decode(subject["encodedList"])
    assert len(bits) * 8 == 131_072
    assert status_list.get(bits, index=int(entry["statusListIndex"]))
    with node.database.read() as session:
        trail = audit.trail(session, f"record:{told['id']}")
    assert [entry.action for entry in trail] == ["record.issue", "record.revoke"]
    assert trail[1].who.startswith("client:")


def test_revoking_twice_changes_nothing(node: Node) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    answers = []
    for reason in ("error", "fraud"):
        node.now += timedelta(hours=1)
        answers.append(
            node.http.post(
                f"/api/v1/records/{told['id']}/revoke",
                json={"reason": reason},
                headers=node.token("cse"),
            ).json()
        )
    assert answers[0] == answers[1]


def test_a_wrong_record_can_be_revoked_and_issued_anew(node: Node) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    corrected = {**COMPLETION, "contact_minutes": 300}
    assert node.complete("cse", corrected, key="k-2").status_code == 409
    node.http.post(
        f"/api/v1/records/{told['id']}/revoke", json={"reason": "error"}, headers=node.token("cse")
    )
    again = node.complete("cse", corrected, key="k-3")
    assert again.status_code == 201
    assert again.json()["id"] != told["id"]
    assert again.json()["holder"] == told["holder"]


def test_the_same_request_gives_the_same_record(node: Node) -> None:
    first = node.complete("cse", COMPLETION, key="k-1")
    again = node.complete("cse", COMPLETION, key="k-1")
    other_key = node.complete("cse", COMPLETION, key="k-2")
    assert [first.status_code, again.status_code, other_key.status_code] == [201, 200, 200]
    assert first.json() == again.json() == other_key.json()
    other_body = node.complete("cse", {**COMPLETION, "completed_on": "2026-11-01"}, key="k-1")
    assert other_body.status_code == 409
    assert other_body.json()["code"] == "conflict"


def test_a_society_cannot_issue_read_or_revoke_for_another(node: Node) -> None:
    refused = node.complete("cse", COMPLETION, key="k-1", as_="pec")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    told = node.complete("cse", COMPLETION, key="k-1").json()
    stranger = node.token("pec")
    for path in (f"/api/v1/records/{told['id']}", f"/api/v1/records/{told['id']}.jwt"):
        assert node.http.get(path, headers=stranger).status_code == 404
        assert node.http.get(path).status_code == 401
    revoke = f"/api/v1/records/{told['id']}/revoke"
    assert node.http.post(revoke, json={"reason": "error"}, headers=stranger).status_code == 404
    assert node.verify(node.forms(told["id"], "cse")[0]).status_code == 200


def test_a_token_needs_the_scope_of_each_act(node: Node) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    reader = node.token("cse", scope="records:read")
    revoke = f"/api/v1/records/{told['id']}/revoke"
    assert node.http.post(revoke, json={"reason": "error"}, headers=reader).status_code == 403
    post = node.http.post(
        "/api/v1/societies/cse/completions",
        json=COMPLETION,
        headers={**reader, "Idempotency-Key": "k"},
    )
    assert post.status_code == 403
    assert 'scope="records:issue"' in post.headers["www-authenticate"]


def test_two_societies_know_the_same_holder_by_different_ids(node: Node) -> None:
    one = node.complete("cse", COMPLETION, key="k-1").json()
    same = node.complete("cse", {**COMPLETION, "course_run": "later"}, key="k-2").json()
    other = node.complete("pec", COMPLETION, key="k-1").json()
    assert one["holder"] == same["holder"]
    assert one["holder"] != other["holder"]
    first, second = (node.forms(r["id"], "cse")[0] for r in (one, same))
    salts = [json.loads(r)["credentialSubject"]["identifier"][0]["salt"] for r in (first, second)]
    assert salts[0] != salts[1]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"contact_minutes": "360"}, "/contact_minutes"),
        ({"contact_minutes": -5}, "/contact_minutes"),
        ({"assessed": None}, "/assessed"),
        ({"kind": "seminar"}, "/kind"),
        ({"completed_on": "2027-01-01"}, "/completed_on"),
        ({"completed_on": "yesterday"}, "/completed_on"),
        ({"completed_on": 20261120}, "/completed_on"),
        ({"completed_on": "1763596800"}, "/completed_on"),
        ({"holder": {}}, "/holder"),
        ({"holder": {"id": "someone@example.org"}}, "/holder/id"),
        ({"course": {"title": {"en": "A\u0000B"}}}, "/course/title/en"),
        ({"course": {"title": {}}}, "/course/title"),
        ({"course": {"title": {"en": "X"}, "url": "javascript:alert(1)"}}, "/course/url"),
        ({"course_id": "x"}, "/course"),
        ({"cpd_points": 6}, "/cpd_points"),
        ({"competences": ["EC14"]}, "/competences/0"),
    ],
)
def test_a_bad_completion_is_refused_naming_the_field(
    refusing: Node, change: dict[str, Any], pointer: str
) -> None:
    answer = refusing.complete("cse", {**COMPLETION, **change}, key="k-1")
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert all(error["detail"] for error in answer.json()["errors"])


def test_a_completion_without_a_key_is_refused(refusing: Node) -> None:
    for key in ({}, {"Idempotency-Key": ""}, {"Idempotency-Key": "x" * 201}):
        answer = refusing.http.post(
            "/api/v1/societies/cse/completions",
            json=COMPLETION,
            headers={**refusing.token("cse"), **key},
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "Idempotency-Key"


@pytest.mark.parametrize(
    "path",
    [
        "/societies/cse/status/2",
        "/societies/none/did.json",
        "/societies/none/jwks.json",
        "/societies/%00/did.json",
        "/societies/cse/status/99999999999999999999",
        "/api/v1/records/none",
        "/api/v1/records/%00",
        "/api/v1/records/%F0%9F%92%A9.jwt",
    ],
)
def test_what_is_not_there_is_told_plainly(refusing: Node, path: str) -> None:
    answer = refusing.http.get(path, headers=refusing.token("cse"))
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"\xff", b"a.b.c", b"[" * 9999, b'{"verifiableCredential": 7}'],
)
def test_what_is_no_record_is_refused_with_errors(refusing: Node, body: bytes) -> None:
    answer = refusing.verify(body)
    assert answer.status_code == 400
    assert answer.json()["verified"] is False
    assert answer.json()["errors"]


def test_a_huge_body_is_not_read(refusing: Node) -> None:
    assert refusing.verify(b"x" * 300_000).status_code == 413


def test_a_record_of_an_unknown_issuer_is_refused(node: Node, database: Database) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    raw, _ = node.forms(told["id"], "cse")
    foreign = raw.replace(b"societies:cse", b"societies:xyz")
    assert failing(node.verify(foreign)) == ["issuer.known"]


def test_a_course_of_the_catalogue_lends_its_facts(node: Node) -> None:
    draft = {
        "title": {"en": "Fire safety of tall buildings"},
        "url": "https://society.example/courses/fire",
        "competences": ["EC6"],
        "fields": ["0732"],
        "metadata_language": "en",
    }
    with node.database.write() as session:
        taken = catalogue.take(
            session,
            draft,
            society_id="cse",
            source_id="s-1",
            remote_id="fire",
            digest="1",
            at=node.now,
        )
    from_catalogue = {k: v for k, v in COMPLETION.items() if k not in {"course", "competences"}}
    told = node.complete("cse", {**from_catalogue, "course_id": taken.course_id}, key="k-1")
    assert told.status_code == 201, told.text
    raw, _ = node.forms(told.json()["id"], "cse")
    achievement = json.loads(raw)["credentialSubject"]["achievement"]
    assert achievement["name"] == "Fire safety of tall buildings"
    assert achievement["id"].startswith(f"{NODE}/courses/{taken.course_id}?version=")
    assert "EC6" in [one["targetCode"] for one in achievement["alignment"]]
    foreign = node.complete("pec", {**from_catalogue, "course_id": taken.course_id}, key="k-1")
    assert foreign.json()["errors"][0]["code"] == "course-foreign"
    unknown = node.complete("cse", {**from_catalogue, "course_id": "nowhere"}, key="k-9")
    assert unknown.json()["errors"][0]["code"] == "course-unknown"


def test_the_status_list_comes_as_json_or_as_a_token(node: Node) -> None:
    node.complete("cse", COMPLETION, key="k-1")
    path = "/societies/cse/status/1"
    plain = node.http.get(path)
    assert plain.headers["content-type"] == "application/json"
    assert plain.headers["access-control-allow-origin"] == "*"
    assert plain.json()["proof"][0]["cryptosuite"] == "eddsa-rdfc-2022"
    typed = node.http.get(path, headers={"Accept": "application/vc"})
    assert (typed.headers["content-type"], typed.content) == ("application/vc", plain.content)
    token = node.http.get(path, headers={"Accept": "application/vc+jwt"})
    assert token.headers["content-type"] == "application/vc+jwt"
    assert token.text.count(".") == 2


def test_a_list_that_was_not_renewed_makes_status_unknown_and_renewal_mends_it(
    node: Node,
) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    raw, _ = node.forms(told["id"], "cse")
    with node.database.read() as session:
        first = status.published_list(session, society_id="cse", number=1).json
    assert status.publish_due(node.database, node.signer, at=node.now) == 0
    node.now += timedelta(days=8)
    answer = node.verify(raw)
    assert answer.status_code == 400
    errors = [(error["check"], error["outcome"]) for error in answer.json()["errors"]]
    assert errors == [("status.revocation", "unknown"), ("status.suspension", "unknown")]
    assert status.publish_due(node.database, node.signer, at=node.now) == 1
    assert node.verify(raw).status_code == 200
    with node.database.read() as session:
        assert status.published_list(session, society_id="cse", number=1).json != first


def test_a_list_that_cannot_be_renewed_holds_up_no_other(node: Node) -> None:
    for society in ("cse", "pec"):
        node.complete(society, COMPLETION, key="k-1")
    node.now += timedelta(days=5)
    node.signer.break_at(1)
    with pytest.raises(SignerError):
        status.publish_due(node.database, node.signer, at=node.now)
    assert status.publish_due(node.database, node.signer, at=node.now) == 1
    assert status.publish_due(node.database, node.signer, at=node.now) == 0


def test_keys_are_where_the_issuer_id_says(node: Node) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    raw, _ = node.forms(told["id"], "cse")
    record = json.loads(raw)
    assert record["issuer"]["id"] == "did:web:node.example:societies:cse"
    document = node.http.get("/societies/cse/did.json").json()
    assert document["id"] == record["issuer"]["id"]
    assert record["proof"][0]["verificationMethod"] in document["assertionMethod"]
    kids = [key["kid"] for key in node.http.get("/societies/cse/jwks.json").json()["keys"]]
    assert kids == document["assertionMethod"]
    assert len(node.http.get("/.well-known/jwks.json").json()["keys"]) == 4
    assert node.http.get("/.well-known/did.json").status_code == 404
