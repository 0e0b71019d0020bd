"""Files that somebody made up, changed, replayed or signed for another: none binds anybody."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.proof.jcs import canonical_json
from app.recognition.agreements import signing
from app.recognition.agreements.carrying import read_file, write_file
from app.recognition.agreements.model import Agreement, Standing
from app.recognition.agreements.reading import AgreementInvalid, read_agreement
from app.recognition.agreements.receiving import AgreementRefused
from tests.simulator.parties import PartyNode
from tests.unit.recognition.agreements.conftest import Both

pytestmark = pytest.mark.slow


def opened(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(data)
    return found


def refused(node: PartyNode, data: bytes) -> str:
    with pytest.raises(AgreementRefused) as caught:
        node.receive(data)
    return caught.value.code


def invalid(node: PartyNode, data: bytes) -> list[str]:
    with pytest.raises(AgreementInvalid) as caught:
        node.receive(data)
    return [one.pointer for one in caught.value.fields]


def stated(node: PartyNode, one: Standing, who: str, kind: str = signing.KIND) -> str:
    """A signature under an agreement by somebody of a node, party to it or not."""
    with node.database.write() as session:
        return node.statements.sign(
            session, organisation_id=who, kind=kind, claims=signing.claims(one.agreement),
            at=node.now,
        )  # fmt: skip


def test_a_file_that_nobody_signed_is_not_taken_in(both: Both) -> None:
    draft = both.pec.draft(both.new())
    assert refused(both.ebk, both.pec.file(draft)) == "agreement-not-offered"


def test_a_signature_by_another_party_does_not_count(both: Both) -> None:
    offered = both.offered()
    society = stated(both.pec, offered, both.cse.rpartition(":")[2])
    data = write_file(offered.agreement, signatures=[society])
    assert refused(both.ebk, data) == "agreement-stranger"
    good = offered.kept.signatures[0].token
    data = write_file(offered.agreement, signatures=[good, society])
    assert refused(both.ebk, data) == "agreement-stranger"


def test_a_signature_of_ours_that_we_never_gave_is_found_out(both: Both) -> None:
    offered = both.offered()
    good = offered.kept.signatures[0].token
    header, payload, _ = good.split(".")
    ours = json.dumps({"alg": "ES256", "typ": "opencpd-agreement+jwt",
                       "kid": f"{both.ebk.did()}#es256-1"}).encode()  # fmt: skip
    forged = ".".join((signing_part(ours), payload, good.split(".")[2]))
    data = write_file(offered.agreement, signatures=[good, forged])
    assert refused(both.ebk, data) == "signature-invalid"
    relabelled = f"{header}.{payload}.{'A' * 86}"
    data = write_file(offered.agreement, signatures=[good, relabelled])
    assert refused(both.ebk, data) == "signature-invalid"
    assert both.ebk.listed(both.cse) == []


def signing_part(header: bytes) -> str:

    return base64.urlsafe_b64encode(header).rstrip(b"=").decode()


def test_an_agreement_between_others_is_none_of_ours(both: Both) -> None:
    mine, _ = both.agreed()
    with pytest.raises(AgreementRefused) as caught:
        both.pec.receive(both.pec.file(mine), both.third())
    assert caught.value.code == "agreement-stranger"


_CHANGES: list[Callable[[dict[str, Any]], object]] = [
    lambda said: said["parties"][0]["issuers"].append(
        {"id": "did:web:mill.example", "name": "A mill"}
    ),
    lambda said: said["parties"][1]["issuers"].append(
        {"id": "did:web:mill.example", "name": "A mill"}
    ),
    lambda said: said["parties"][0]["recognises"].pop("kinds"),
    lambda said: said["parties"][0]["recognises"].update(tag="everybody"),
    lambda said: said["parties"][0]["recognises"]["policy"].update(hash="0" * 64),
    lambda said: said.update({"to": "2099-12-31"}),
    lambda said: said.pop("to"),
    lambda said: said.update(notice_days=0),
    lambda said: said["text"].update(en="Each takes everything."),
    lambda said: said.update(version=2, previous="0" * 64),
]


def test_a_changed_scope_day_or_word_breaks_the_signatures(both: Both) -> None:
    data = both.pec.file(both.offered())
    for change in _CHANGES:
        file = opened(data)
        change(file["agreement"])
        assert refused(both.ebk, json.dumps(file).encode()) == "agreement-other"


def test_an_old_version_is_not_replayed_over_a_newer_one(both: Both) -> None:
    mine, _ = both.agreed()
    old = both.pec.file(mine)
    amended = both.pec.sign(both.pec.amend(mine, both.new(valid_from="2027-01-01")))
    both.ebk.sign(both.ebk.receive(both.pec.file(amended)))
    before = both.ebk.listed(both.cse)
    both.ebk.receive(old)  # known already: nothing comes of it
    assert both.ebk.listed(both.cse) == before
    file = opened(old)
    file["agreement"]["text"]["en"] = "Older and better."
    stale = read_agreement(file["agreement"])
    token = stated(both.pec, _of(mine, stale), "pec")
    assert refused(both.ebk, write_file(stale, signatures=[token])) == "agreement-two-of-a-version"


def test_two_texts_of_one_version_are_not_both_believed(both: Both) -> None:
    offered = both.offered()
    both.ebk.receive(both.pec.file(offered))
    file = opened(both.pec.file(offered))
    file["agreement"]["reference"] = "Another"
    other = read_agreement(file["agreement"])
    token = stated(both.pec, _of(offered, other), "pec")
    assert refused(both.ebk, write_file(other, signatures=[token])) == "agreement-two-of-a-version"


def test_a_version_that_follows_nothing_known_is_refused(both: Both) -> None:
    mine, _ = both.agreed()
    file = opened(both.pec.file(mine))
    for version, previous, code in ((3, mine.agreement.hash, "agreement-chain"),
                                    (2, "0" * 64, "agreement-chain")):  # fmt: skip
        file["agreement"] |= {"version": version, "previous": previous}
        fork = read_agreement(file["agreement"])
        token = stated(both.pec, _of(mine, fork), "pec")
        assert refused(both.ebk, write_file(fork, signatures=[token])) == code


def test_a_notice_is_no_signature_and_a_signature_no_notice(both: Both) -> None:
    offered = both.offered()
    notice = stated(both.pec, offered, "pec", kind=signing.ENDING_KIND)
    data = write_file(offered.agreement, signatures=[notice])
    assert refused(both.ebk, data) == "statement-type"
    good = offered.kept.signatures[0].token
    data = write_file(offered.agreement, signatures=[good], endings=[good])
    assert refused(both.ebk, data) == "statement-type"


def test_a_notice_without_its_time_is_refused(both: Both) -> None:
    mine, _ = both.agreed()
    claims = {**signing.claims(mine.agreement), "ends_on": both.pec.now.date().isoformat()}
    with both.pec.database.write() as session:
        early = both.pec.statements.sign(
            session, organisation_id="pec", kind=signing.ENDING_KIND, claims=claims,
            at=both.pec.now,
        )  # fmt: skip
    tokens = [one.token for one in mine.kept.signatures]
    data = write_file(mine.agreement, signatures=tokens, endings=[early])
    assert refused(both.ebk, data) == "agreement-notice"


def test_a_policy_that_the_agreement_does_not_name_is_refused(both: Both) -> None:
    file = opened(both.pec.file(both.offered()))
    assert file["annexes"]
    file["annexes"][0]["policy_version"] = 7
    assert refused(both.ebk, json.dumps(file).encode()) == "agreement-annex"
    file["annexes"][0] = {"a": 1}
    assert refused(both.ebk, json.dumps(file).encode()) == "agreement-annex"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": "opencpd-recognition-agreement-file"}',
        b'{"format": "x", "format": "y"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a": "' + b"x" * 2_000_000 + b'"}',
    ],
)
def test_what_is_no_file_is_refused_with_a_reason(both: Both, data: bytes) -> None:
    invalid(both.ebk, data)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (lambda said: said.pop("parties"), "/parties"),
        (lambda said: said.update(parties=[]), "/parties"),
        (lambda said: said.update(parties=[1, 2]), "/parties/0"),
        (lambda said: said["parties"].reverse(), "/parties"),
        (lambda said: said["parties"][0].update(id="pec"), "/parties/0/id"),
        (lambda said: said["parties"][0].update(id="did:web:x.example:..:y"), "/parties/0/id"),
        (lambda said: said["parties"][0].update(name="a\u202eb"), "/parties/0/name"),
        (lambda said: said["parties"][0].update(issuers={}), "/parties/0/issuers"),
        (lambda said: said["parties"][0]["issuers"].append(7), "/parties/0/issuers/1"),
        (lambda said: said["parties"][0]["recognises"].update(kinds=[]),
         "/parties/0/recognises/kinds"),
        (lambda said: said["parties"][0]["recognises"].update(kinds=["a", "a"]),
         "/parties/0/recognises/kinds"),
        (lambda said: said["parties"][0]["recognises"].update(more=1),
         "/parties/0/recognises/more"),
        (lambda said: said.update(version=True), "/version"),
        (lambda said: said.update(version=0), "/version"),
        (lambda said: said.update(version=2), "/previous"),
        (lambda said: said.update(id="urn:uuid:x"), "/id"),
        (lambda said: said.update(reference="a\nb"), "/reference"),
        (lambda said: said.update(text={}), "/text"),
        (lambda said: said.update(text={"english": "x"}), "/text"),
        (lambda said: said.update(text={"en": "x\u202ey"}), "/text"),
        (lambda said: said.update(notice_days=-1), "/notice_days"),
        (lambda said: said.update(notice_days=1.5), "/notice_days"),
        (lambda said: said.update({"from": "2029-01-01"}), "/to"),
        (lambda said: said.update({"from": 20260101}), "/from"),
        (lambda said: said.update(extra=1), "/extra"),
        (lambda said: said.update(format="x"), "/format"),
    ],
)  # fmt: skip
def test_a_document_that_is_no_agreement_names_its_faults(
    shared: bytes, change: Callable[[dict[str, Any]], object], pointer: str
) -> None:
    file = opened(shared)
    change(file["agreement"])
    with pytest.raises(AgreementInvalid) as caught:
        read_file(json.dumps(file).encode())
    assert pointer in [one.pointer for one in caught.value.fields]


def test_the_same_agreement_is_the_same_bytes_however_it_was_written(shared: bytes) -> None:
    file = read_file(shared)
    pretty = json.dumps(opened(shared), indent=3, sort_keys=False).encode()
    assert read_file(pretty).agreement.hash == file.agreement.hash
    assert canonical_json(read_file(pretty).agreement.document) == canonical_json(
        file.agreement.document
    )


@pytest.fixture(scope="module")
def shared() -> bytes:
    """A file that is well-formed; its signatures are nobody's."""
    party = {
        "name": "A registry",
        "recognises": {
            "tag": "partner", "kinds": ["course"],
            "policy": {"id": "rules", "version": 1, "hash": "0" * 64},
        },
    }  # fmt: skip
    agreement = {
        "format": "opencpd-recognition-agreement",
        "format_version": 1,
        "id": "urn:uuid:0193a1b2-0000-7000-8000-000000000001",
        "version": 1,
        "reference": "2026/1",
        "text": {"en": "Courses.", "zh-Hans": "课程"},
        "from": "2026-01-01",
        "to": "2028-12-31",
        "notice_days": 90,
        "parties": [
            {**party, "id": f"did:web:{one}.example",
             "issuers": [{"id": f"did:web:{one}.example:s", "name": "S"}]}
            for one in ("a", "b")
        ],
    }  # fmt: skip
    return json.dumps(
        {
            "format": "opencpd-recognition-agreement-file",
            "format_version": 1,
            "agreement": agreement,
            "signatures": [],
        }
    ).encode()


def _of(one: Standing, agreement: Agreement) -> Standing:
    """The standing of one version, with another text in it."""
    return replace(one, kept=replace(one.kept, agreement=agreement))
