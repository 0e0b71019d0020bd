"""The facts of a verified record are those it states; what it does not say is absent."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from app.proof.did import did_web
from app.recognition.deciding.facts import (
    Seen,
    Supplement,
    claimed_approvals,
    exact,
    facts_of,
    unproven,
)
from app.recognition.deciding.model import Approval, Binding, Facts, Signature, Standing
from app.recognition.deciding.stored import facts_as_json, facts_from_json
from app.recognition.policies.model import Span
from app.records.build import Draft, document
from app.records.model import Approval as Claimed
from app.records.model import CourseFacts, Credit, Holder, Identifier, NewCompletion, Slot
from app.trust.model import Issuer, Role
from app.verification import Report, verify
from tests.simulator.issuer import NOW, SimulatedIssuer

SOCIETY = SimulatedIssuer()
COMPLETION = NewCompletion(
    holder=Holder(identifiers=(Identifier("ext:RegisterNumber", "4711"),)),
    completed_on=date(2026, 11, 18),
    kind="course",
    mode="online-async",
    role="participant",
    assessed=True,
    course=CourseFacts({"en": "Walls"}, "https://kse.example/walls", {"en": "Walls that stay up"}),
    contact_minutes=750,
    full_days=2.5,
    tags=("technical", "ethics"),
    competences=("EC8", "EC4"),
    fields=("0732",),
    credits=(Credit(1.6, "CEU"),),
    approvals=(Claimed("PEC", "P-12"),),
    languages=("en", "sw"),
)
SEEN = Seen(holder=Binding.BOUND)


def record(**changes: Any) -> dict[str, Any]:
    completion = replace(COMPLETION, **changes)
    assert completion.course is not None
    draft = Draft(
        record_id="6f5b2c1e-9a0d-4c57-8d3e-0c1f2a3b4c5d",
        holder_id="urn:uuid:0b1d6a52-3a52-4d7e-9a57-62b9a8a1f0c3",
        society_id=SOCIETY.society,
        issuer=Issuer(
            did_web(SOCIETY.base_url, "societies", "kse"), Role.SOCIETY, "kse", "K", None
        ),
        completion=completion,
        course=completion.course,
        achievement_id="https://kse.example/walls",
        slot=Slot(1, 4711),
        list_url=SOCIETY.status_url,
        public_url=SOCIETY.base_url,
        salts=["q3VtZ1h2bW5hc2Rmamtsb3A"],
        at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    )
    return document(draft)


def report(made: dict[str, Any], **ones: set[int]) -> Report:
    for name in ("revoked", "suspended", "superseded"):
        setattr(SOCIETY, name, ones.get(name, set()))
    return verify(SOCIETY.secure_json(made), bundle=SOCIETY.bundle(), at=NOW)


def facts(*, seen: Seen = SEEN, **changes: Any) -> Facts:
    found = facts_of(report(record(**changes)), seen=seen)
    assert found is not None
    return found


def test_everything_that_a_record_states_is_a_fact() -> None:
    found = facts()
    assert found.completed == date(2026, 11, 18)
    assert (found.kind, found.mode, found.role) == ("course", "self_paced_online", "participant")
    assert found.measures == {
        "contact_minutes": 750, "full_days": Fraction(5, 2), "ceu": Fraction(8, 5),
    }  # fmt: skip
    assert set(found.tags) == {"ethics", "technical"}
    assert found.competences == ("EC8", "EC4")
    assert found.languages == ("en", "sw")
    assert found.delivery["assessed"]
    assert not found.delivery["evaluation_process"]
    assert (found.signature, found.status) == (Signature.VALID, Standing.VALID)
    assert facts_from_json(facts_as_json(found)) == found


def test_what_is_not_stated_is_absent() -> None:
    found = facts(
        contact_minutes=None, full_days=None, credits=(), tags=(), competences=(), fields=(),
        languages=(), assessed=False,
    )  # fmt: skip
    assert found.measures == {}
    assert (found.tags, found.competences, found.languages) == ((), (), ())
    assert not found.delivery["assessed"]
    assert not found.delivery["subject_area"]


def test_an_approval_is_a_fact_only_where_the_registry_has_its_dates() -> None:
    assert facts().approvals == ()
    made = report(record()).record
    assert made is not None
    assert claimed_approvals(made) == (("PEC", "P-12"),)
    known = Approval("PEC", "P-12", Span(date(2026, 1, 1), None))
    assert facts(seen=Seen(Binding.BOUND, approvals=(known,))).approvals == (known,)


def test_work_is_counted_in_hours_and_papers_one_by_one() -> None:
    work = facts(kind="work_learning", contact_minutes=None, workload_minutes=840)
    assert work.measures["work_hours"] == 14
    assert facts(kind="publication").measures["count"] == 1
    assert "work_hours" not in facts(workload_minutes=840).measures


@pytest.mark.parametrize(("before", "role"), [(False, "first"), (True, "repeat")])
def test_teaching_is_for_the_first_time_or_again(before: bool, role: str) -> None:
    found = facts(role="instructor", seen=Seen(Binding.BOUND, taught_before=before))
    assert found.role == f"instructor_{role}"


@pytest.mark.parametrize(
    ("ones", "status"),
    [
        ({"revoked": {4711}}, Standing.REVOKED),
        ({"suspended": {4711}}, Standing.SUSPENDED),
        ({"revoked": {4711}, "superseded": {4711}}, Standing.SUPERSEDED),
    ],
)
def test_a_withdrawn_record_says_how(ones: dict[str, set[int]], status: Standing) -> None:
    found = facts_of(report(record(), **ones), seen=SEEN)
    assert found is not None
    assert (found.signature, found.status) == (Signature.VALID, status)


def test_a_status_that_cannot_be_told_is_unknown_and_never_valid() -> None:
    bundle = replace(SOCIETY.bundle(), status_lists={})
    found = facts_of(verify(SOCIETY.secure_json(record()), bundle=bundle, at=NOW), seen=SEEN)
    assert found is not None
    assert found.status is Standing.UNKNOWN


def test_of_a_changed_record_nothing_is_taken() -> None:
    forged = SOCIETY.secure_json(record()).replace(b'"750"', b'"950"')
    found = verify(forged, bundle=SOCIETY.bundle(), at=NOW)
    assert facts_of(found, seen=SEEN) is None
    facts = unproven(found, on=NOW.date())
    assert (facts.signature, facts.measures) == (Signature.INVALID, {})


def test_a_record_of_nobody_we_know_is_unknown_and_not_invalid() -> None:
    bundle = replace(SOCIETY.bundle(), issuers={})
    found = verify(SOCIETY.secure_json(record()), bundle=bundle, at=NOW)
    assert unproven(found, on=NOW.date()).signature is Signature.UNKNOWN


def test_what_a_person_adds_stands_beside_what_the_record_states() -> None:
    added = Supplement(
        measures={"half_days": Fraction(1)},
        tags=("law_regulation",),
        delivery={"evaluation_process": True},
        issuer_tags=("listed",),
    )
    found = facts(seen=Seen(Binding.BOUND, supplement=added))
    assert found.measures["half_days"] == 1
    assert found.measures["contact_minutes"] == 750
    assert "law_regulation" in found.tags
    assert found.delivery["evaluation_process"]
    assert found.issuer_tags == ("listed",)


@pytest.mark.parametrize("text", ["", "-1", "1e9", "∞", "1.2.3", "٣", "9" * 21, ".", "1/2", None])
def test_what_is_no_measured_value_is_none(text: str | None) -> None:
    assert exact(text) is None
