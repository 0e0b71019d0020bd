"""The issuer of the conformance profile: what the W3C suites taught us, kept without them."""

import copy
import json
from typing import Any

import pytest

from app.proof.encoding import base64url_encode
from app.proof.vocabulary import CREDENTIALS_V2
from tests.simulator.vc_api import (
    EXAMPLES,
    V1,
    V2,
    ConformanceClient,
    Json,
    conformance_app,
    credential,
)

SUITES = ["eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019", "vc+jwt"]
SCHEMA = {"id": "did:example:schema", "type": "https://a.example/#Schema"}
SEEN = {"type": "https://a.example/#Seen"}
FILE = {"id": "https://a.example/file", "digestSRI": "sha256-AAAA"}


@pytest.fixture(scope="module")
def client() -> ConformanceClient:
    return ConformanceClient(conformance_app())


@pytest.mark.parametrize("suite", SUITES)
def test_what_is_issued_verifies_and_a_change_does_not(
    client: ConformanceClient, suite: str
) -> None:
    secured = client.issue(credential(name="A degree"), cryptosuite=suite)
    assert client.errors(secured) == []
    if suite == "vc+jwt":
        header, payload, signature = secured["id"].split(".")
        changed = secured | {"id": f"{header}.{payload[:-4]}AAAA.{signature}"}
    else:
        changed = secured | {"name": "Another degree"}
    assert client.errors(changed)


@pytest.mark.parametrize(
    "changes",
    [
        {"@context": [V2, EXAMPLES], "credentialSubject": {"anything": "at all"}},
        {
            "@context": [V2, {"Course": "https://a.example/#Course"}],
            "type": ["VerifiableCredential", "Course"],
        },
        {
            "@context": [V2, {"@context": {"grade": "https://a.example/#grade"}}],
            "credentialSubject": {"grade": "A"},
        },
        {"type": ["VerifiableCredential", "https://a.example/#Degree"]},
        {"name": {"@value": "Dog", "@language": "en", "@direction": "ltr"}},
        {"name": [{"@value": "Dog", "@language": "en"}, {"@value": "Chien", "@language": "fr"}]},
        {"validFrom": "2023-02-25T19:10:39-06:00", "validUntil": "2023-02-26T01:20:18.477Z"},
        {"validFrom": "4023-02-26T01:02:58.447Z"},
        {"credentialSubject": [{"id": "did:example:one"}, {"id": "did:example:two"}]},
        {"evidence": [SEEN, SEEN]},
        {"credentialSchema": [SCHEMA, SCHEMA | {"id": "did:example:other"}]},
        {"relatedResource": FILE},
        {"refreshService": SEEN | {"id": "did:example:refresh"}},
        {"termsOfUse": SEEN},
        {"credentialStatus": SEEN | {"id": "did:example:status"}},
    ],
    ids=lambda changes: json.dumps(changes)[:50],
)
def test_whatever_the_data_model_allows_is_signed(client: ConformanceClient, changes: Json) -> None:
    secured = client.issue(credential(**changes))
    assert secured["proof"][0]["cryptosuite"] == "eddsa-rdfc-2022"


@pytest.mark.parametrize(
    "changes",
    [
        {"@context": ...},
        {"@context": []},
        {"@context": [EXAMPLES, V2]},
        {"@context": [V2, "https ://not-a-url"]},
        {"@context": [V2, 123192875]},
        {"@context": [V2, {"VerifiableCredential": "https://a.example/#Other"}]},
        {
            "@context": [V2, {"@protected": True, "A": "https://a.example/#A"}, {"A": "urn:b"}],
            "type": ["VerifiableCredential", "A"],
        },
        {
            "@context": [V2, {"A": "https ://not-a-url#A"}],
            "type": ["VerifiableCredential", "A"],
        },
        {"@context": [V2, {"@vocab": None}], "type": ["VerifiableCredential", "Unmapped"]},
        {"@context": [V2, {"@base": "https://a.example/"}]},
        {"@context": [V2, {"dropped": None}], "dropped": "unseen"},
        {"id": None},
        {"id": ["https://a.example/1", "https://a.example/2"]},
        {"id": "https ://not-a-url"},
        {"type": ...},
        {"type": []},
        {"type": ["https://a.example/#Other"]},
        {"type": ["VerifiableCredential", "Unmapped"]},
        {"type": ["VerifiableCredential", 2]},
        {"name": {"@value": "Dog", "@language": "en", "url": "did:example:dog"}},
        {"name": {"@value": "Dog", "@direction": "up"}},
        {"description": 5},
        {"issuer": None},
        {"issuer": "fake-issuer"},
        {"issuer": {"id": None}},
        {"issuer": "did:key:z6MkpJySvETLnxhQG9DzEdmKJtysBDjuuTeDfUj1uNNCUqcj"},
        {"credentialSubject": ...},
        {"credentialSubject": {}},
        {"credentialSubject": [{"id": "did:example:one"}, {}]},
        {"credentialSubject": {"id": ["did:example:one", "did:example:two"]}},
        {"credentialSubject": {"id": "did:example:one", "undefinedTerm": "unseen"}},
        {"validFrom": "Sat 25 Feb 2023 07:16:31 PM CST"},
        {"validFrom": "2027-01-01T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"},
        {"credentialStatus": {"id": "did:example:status"}},
        {"credentialStatus": SEEN | {"type": 2}},
        {"credentialStatus": {"type": "BitstringStatusListEntry", "statusListIndex": True}},
        {"credentialSchema": {"id": "did:example:schema"}},
        {"credentialSchema": {"type": "https://a.example/#Schema"}},
        {"evidence": {}},
        {"refreshService": {"id": "did:example:refresh"}},
        {"termsOfUse": {"id": "did:example:terms"}},
        {"relatedResource": [V2]},
        {"relatedResource": {"digestSRI": "sha256-AAAA"}},
        {"relatedResource": {"id": "https://a.example/file"}},
        {"relatedResource": {"id": V2, "digestMultibase": "uM4RgWQc3RUDtjJCSgTJtTfvpZ7SPEg_LNO0"}},
        {"relatedResource": {"id": V2, "digestSRI": "sha384-_rCV"}},
        {"relatedResource": {"id": V2, "digestMultibase": "no-multibase"}},
        {"relatedResource": {"id": V2, "digestSRI": "md5-AAAA"}},
        {"relatedResource": [FILE, FILE | {"digestSRI": "sha256-BBBB"}]},
        {"statusEntry": {"type": "BitstringStatusListEntry"}},
        {"unknown": None},
    ],
    ids=lambda changes: json.dumps(changes, default=str)[:60],
)
@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_what_is_no_credential_is_never_signed(
    client: ConformanceClient, changes: Json, suite: str
) -> None:
    assert client.refusal(credential(**changes), cryptosuite=suite)


def test_a_known_resource_is_named_with_its_own_digest_only(client: ConformanceClient) -> None:
    [published] = CREDENTIALS_V2.stands_for
    for digest, wanted in ((published, True), (published.replace("5", "6"), False)):
        written = "u" + base64url_encode(b"\x12\x20" + bytes.fromhex(digest))
        document = credential(relatedResource={"id": V2, "digestMultibase": written})
        if wanted:
            assert client.issue(document)["relatedResource"]["digestMultibase"] == written
        else:
            assert client.refusal(document) == "resource-digest"


def test_the_issuer_may_be_an_object_that_names_itself(client: ConformanceClient) -> None:
    did = client.issue(credential())["issuer"]
    issuer = {"id": did, "name": {"@value": "Example", "@language": "en", "@direction": "ltr"}}
    assert client.errors(client.issue(credential(issuer=issuer))) == []
    issuer["name"]["url"] = did
    assert client.refusal(credential(issuer=issuer)) == "data-model"


def test_a_credential_of_version_1_gets_the_context_of_its_proof(client: ConformanceClient) -> None:
    old = {"@context": [V1], "issuanceDate": "2020-03-16T22:37:26.544Z"}
    secured = client.issue(credential(**old))
    assert secured["@context"] == [V1, "https://w3id.org/security/data-integrity/v2"]
    assert client.errors(secured) == []
    assert client.refusal(credential(**old | {"issuanceDate": "yesterday"})) == "time-malformed"
    assert client.refusal(credential(**old | {"issuanceDate": ...})) == "data-model"
    undefined = credential(**old, credentialSubject={"id": "did:example:x", "invalidTerm": "y"})
    assert client.refusal(undefined) == "rdf-undefined"


def test_a_second_issuer_adds_its_proof_to_the_set(client: ConformanceClient) -> None:
    first = client.issue(credential(), cryptosuite="eddsa-rdfc-2022")
    second = client.issue(first, cryptosuite="eddsa-jcs-2022")
    assert [proof["cryptosuite"] for proof in second["proof"]] == [
        "eddsa-rdfc-2022",
        "eddsa-jcs-2022",
    ]
    assert client.errors(second) == []
    second["proof"][0]["proofValue"] = second["proof"][1]["proofValue"]
    assert client.errors(second) == ["proof.signature", *UNREACHED]


UNREACHED = ["record.dates", "status.revocation", "status.suspension", "record.resources"]


def test_a_chain_holds_only_with_the_proof_that_it_follows(client: ConformanceClient) -> None:
    first = client.issue(credential(), id="urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544")
    chained = client.issue(first, previousProof=first["proof"][0]["id"])
    assert len(chained["proof"]) == 2
    assert client.errors(chained) == []
    broken = copy.deepcopy(chained)
    broken["proof"][0]["created"] = "2020-01-01T00:00:00Z"
    assert client.errors(broken)
    assert client.errors(chained | {"proof": chained["proof"][1:]})
    assert client.refusal(first, previousProof="urn:uuid:nothing") == "proof-previous"


@pytest.mark.parametrize(
    "options",
    [
        {"cryptosuite": "ecdsa-sd-2023"},
        {"cryptosuite": 5},
        {"credentialStatus": "revocation"},
        {"credentialStatus": {"statusPurpose": "message"}},
        {"credentialStatus": {"type": "StatusList2021Entry"}},
        {"expires": "tomorrow"},
        {"previousProof": 5},
    ],
    ids=str,
)
def test_an_option_that_is_none_is_refused(
    client: ConformanceClient, options: dict[str, Any]
) -> None:
    assert client.refusal(credential(), **options)


def test_only_what_is_a_credential_can_be_asked_for(client: ConformanceClient) -> None:
    for document in (None, [], "a.b.c", 5):
        assert client.refusal(document) == "member-kind"
    for body in (b"", b"{", b"[]", b'{"credential": {}, "credential": {}}', b"\xff", b"NaN"):
        assert client.ask("/credentials/issue", body)["http_status"] == 400
