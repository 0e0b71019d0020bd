"""What is prepared, signed and checked before a record leaves."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.proof.keys import Algorithm
from app.proof.parse import dump
from app.records import build
from app.records.build import Draft, identity_hash
from app.records.issue import (
    AlreadyRedeemed,
    Decided,
    OutputRefused,
    Prepared,
    Unfit,
    new_salts,
    prepare,
    resume,
    sign,
    verify_output,
)
from app.records.model import CourseFacts, Holder, Identifier, NewCompletion, Slot, Tag
from app.records.texts import LONGEST, text_problems
from app.trust.model import Issuer, IssuerKey, Role
from app.trust.securing import NoKey
from app.verification.bundle import Bundle, IssuerEntry, KeyEntry, StatusListEntry
from app.verification.profile import check
from tests.conftest import NOW, skip_or_fail
from tests.simulator.signing import MemorySigner

NODE = "https://node.example"
DID = "did:web:node.example:societies:cse"
LIST = f"{NODE}/societies/cse/status/1"
RECORD_ID = "0193593e-5c00-7000-8000-000000000001"
DECIDED = Decided("key", "facts", "activity")
SIGNER = MemorySigner()
KEYS = tuple(
    IssuerKey(SIGNER.create(f"{DID}#{algorithm.lower()}-1", algorithm=algorithm), NOW)
    for algorithm in Algorithm
)
ISSUER = Issuer(DID, Role.SOCIETY, "cse", "Society", "https://society.example/", KEYS)
COMPLETION = NewCompletion(
    holder=Holder(None, (Identifier("ext:RegisterNumber", "REG-08-15"),)),
    completed_on=date(2026, 11, 20),
    kind="course",
    mode="onsite",
    role="participant",
    assessed=True,
    contact_minutes=60,
    result="passed",
    tags=("technical",),
    competences=("EC1",),
    fields=("0732",),
    standards=("EN 1992-1-1:2004",),
)


def draft(completion: NewCompletion = COMPLETION, **changes: Any) -> Draft:
    made = Draft(
        record_id=RECORD_ID,
        holder_id="urn:uuid:2f1c3c1e-0d5c-4b2e-9a58-0d7a4f6f7c11",
        society_id="cse",
        issuer=ISSUER,
        completion=completion,
        course=CourseFacts({"zh": "混凝土", "en": "Concrete"}, "https://society.example/c/1"),
        achievement_id=f"{NODE}/courses/1?version=2",
        slot=Slot(1, 4711),
        list_url=LIST,
        public_url=NODE,
        salts=new_salts(len(completion.holder.identifiers)),
        at=NOW,
    )
    return replace(made, **changes)


def bundle(lists: Mapping[str, StatusListEntry] | None = None) -> Bundle:
    keys = tuple(KeyEntry(held.key, held.valid_from) for held in KEYS)
    return Bundle(1, NOW, {DID: IssuerEntry(DID, "Society", keys)}, lists or {})


def test_what_is_prepared_keeps_the_profile() -> None:
    prepared = prepare(draft(), DECIDED)
    assert check(json.loads(prepared.intent.document)) == []


def test_a_prepared_record_is_signed_once() -> None:
    prepared = prepare(draft(), DECIDED)
    sign(prepared, SIGNER)
    with pytest.raises(AlreadyRedeemed):
        sign(prepared, SIGNER)


def test_nobody_else_makes_a_prepared_record() -> None:
    made = prepare(draft(), DECIDED)
    proof, token = made.redeem()
    with pytest.raises(TypeError, match="only prepare"):
        Prepared(object(), intent=made.intent, proof=proof, token=token)


def test_an_intent_taken_up_again_signs_the_same_bytes() -> None:
    prepared = prepare(draft(), DECIDED)
    again = resume(prepared.intent, list_url=LIST)
    first, second = prepared.redeem(), again.redeem()
    assert first[0].hash_data == second[0].hash_data
    assert first[1] == second[1]


def test_what_is_not_of_the_profile_is_not_prepared() -> None:
    with pytest.raises(Unfit, match=r"awardedDate|validFrom"):
        prepare(draft(at=NOW - timedelta(days=30)), DECIDED)
    with pytest.raises(Unfit, match="another object"):
        prepare(draft(achievement_id=f"{LIST}#4711"), DECIDED)


def test_without_a_current_key_nothing_is_prepared() -> None:
    retired = tuple(replace(held, retired_at=NOW) for held in KEYS[:1])
    with pytest.raises(NoKey, match="Ed25519"):
        prepare(draft(issuer=replace(ISSUER, keys=(*retired, *KEYS[1:]))), DECIDED)


def test_an_unknown_status_keeps_a_record_in() -> None:
    signed = sign(prepare(draft(), DECIDED), SIGNER)
    with pytest.raises(OutputRefused, match="status list"):
        verify_output(signed, record_id=RECORD_ID, bundle=bundle(), at=NOW)


def test_identifiers_enter_as_salted_hashes_only() -> None:
    document = build.document(draft())
    text = dump(document)
    assert b"REG-08-15" not in text
    (identity,) = json.loads(text)["credentialSubject"]["identifier"]
    assert identity["identityHash"] == identity_hash("REG-08-15", salt=identity["salt"])
    assert len(identity["salt"]) == 22
    assert len(set(new_salts(100))) == 100


texts = st.text(min_size=1, max_size=60).filter(
    lambda text: not list(text_problems("/", text, longest=60))
)


@given(
    title=texts,
    standards=st.lists(texts, max_size=5, unique=True),
    tags=st.lists(st.sampled_from(list(Tag)), max_size=10, unique=True),
    minutes=st.integers(1, 1000),
)
def test_whatever_keeps_the_rules_keeps_the_profile_and_can_be_signed(
    title: str, standards: list[str], tags: list[str], minutes: int
) -> None:
    completion = replace(
        COMPLETION, contact_minutes=minutes, tags=tuple(tags), standards=tuple(standards)
    )
    prepared = prepare(draft(completion, course=CourseFacts({"ur-PK": title})), DECIDED)
    assert check(json.loads(prepared.intent.document)) == []


def test_a_standard_in_any_script_has_an_address() -> None:
    longest = "\U0002b740" * LONGEST["standard"]
    prepare(draft(replace(COMPLETION, standards=(longest,))), DECIDED)


def test_what_could_not_be_signed_in_full_is_not_prepared() -> None:
    with pytest.raises(Unfit, match="blank node"):
        prepare(draft(course=CourseFacts({"en": "_:b0"})), DECIDED)


@pytest.mark.feeds
def test_a_record_fits_the_published_schema_of_open_badges(now: datetime) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    path = Path(__file__).parents[3].parent / (
        "shared/data/credentials/ob3/schemas/ob_v3p0_achievementcredential_schema.json"
    )
    if not path.exists():
        skip_or_fail(f"{path} is not there")
    signed = sign(prepare(draft(at=now), DECIDED), SIGNER)
    jsonschema.Draft201909Validator(json.loads(path.read_text())).validate(json.loads(signed.json))
