"""A policy's versions: drafted, changed, adopted under signature by a second person, withdrawn."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.access import Forbidden
from app.identity.model import Actor, Role
from app.platform import outbox
from app.platform.conditions import PreconditionFailed
from app.platform.db import Database
from app.platform.problems import Invalid, NotFound
from app.recognition.adoption import POLICY_CHANGED, service
from app.recognition.adoption.model import PolicyVersion
from app.recognition.adoption.tables import PolicyVersionRow
from app.recognition.adoption.trusting import KIND
from app.recognition.policies.model import Status
from app.recognition.policies.shipped import texts
from app.trust import keys
from app.trust import service as trust
from app.trust.statements import Statements
from tests.conftest import NOW
from tests.simulator.registries import add_registry, member, policy_text
from tests.simulator.signing import MemorySigner

DAY = date(2026, 6, 1)


@pytest.fixture(scope="module")
def signer() -> MemorySigner:
    return MemorySigner()


@pytest.fixture(scope="module")
def statements(signer: MemorySigner) -> Statements:
    return Statements(signer, public_url="https://node.example")


@pytest.fixture
def ada(session: Session, pec: str) -> Actor:
    """The only member of the registry."""
    return member(session, pec, f"ada@{pec}.example")


def adopted(
    session: Session, statements: Statements, actor: Actor, text: str = "", **how: object
) -> PolicyVersion:
    given = text or policy_text(actor.organisation_id, **how)  # type: ignore[arg-type] # texts
    made = service.draft(session, actor, given, at=NOW)
    return service.adopt(session, statements, actor, made.id, at=NOW)


def versions_in_force(session: Session, registry_id: str, on: date) -> list[tuple[str, int]]:
    found = service.in_force(session, registry_id, on=on)
    assert all(one.decides for one in found)
    return [(one.policy_id, one.policy_version) for one in found]


def test_a_draft_is_kept_as_it_was_written_and_decides_nothing(
    session: Session, pec: str, ada: Actor
) -> None:
    text = policy_text(pec) + "# a remark of the author's\n"
    made = service.draft(session, ada, text, at=NOW)
    assert service.get(session, pec, made.id).text == text
    assert service.in_force(session, pec, on=DAY) == []
    assert not service.get_policy(session, pec, "rules", 1).decides


def test_adopting_takes_the_registrys_signature_and_then_it_decides(
    session: Session, pec: str, ada: Actor, statements: Statements
) -> None:
    made = adopted(session, statements, ada)
    assert made.status is Status.ADOPTED
    assert versions_in_force(session, pec, DAY) == [("rules", 1)]
    issuer = trust.organisation_issuer(session, pec)
    assert issuer is not None
    assert made.statement is not None
    bundle = trust.bundle(session, at=NOW, issuer_ids=[issuer.id], status_urls=[])
    said = statements.read(made.statement, kind=KIND, bundle=bundle, at=NOW)
    assert said.issuer_id == issuer.id
    assert said.claims == {
        "registry": pec, "policy_id": "rules", "policy_version": 1, "policy_hash": made.hash,
        "valid_from": None, "valid_to": None,
    }  # fmt: skip
    due = outbox.due(session, POLICY_CHANGED, at=NOW, limit=100)
    assert made.id in {one.key for one in due}
    told = [one.action for one in audit.trail(session, f"policy-version:{made.id}")]
    assert told == ["policy.draft", "policy.adopt"]


def test_of_versions_in_force_on_a_day_the_newest_decides(
    session: Session, pec: str, ada: Actor, statements: Statements
) -> None:
    adopted(session, statements, ada, version=1)
    adopted(session, statements, ada, version=2, first='"2026-06-01"', last='"2026-06-30"')
    adopted(session, statements, ada, version=4, first='"2026-06-30"')
    adopted(session, statements, ada, policy_id="further")
    for day, version in [
        ("2026-05-31", 1),
        ("2026-06-01", 2),
        ("2026-06-30", 4),
        ("2027-01-01", 4),
    ]:
        found = versions_in_force(session, pec, date.fromisoformat(day))
        assert found == [("further", 1), ("rules", version)], day


def test_version_numbers_grow(
    session: Session, pec: str, ebk: str, ada: Actor, statements: Statements
) -> None:
    second = service.draft(session, ada, policy_text(pec, version=2), at=NOW)
    adopted(session, statements, ada, version=3)
    with pytest.raises(service.VersionTaken):
        service.adopt(session, statements, ada, second.id, at=NOW)
    for version in (1, 2, 3):
        with pytest.raises(service.VersionTaken):
            service.draft(session, ada, policy_text(pec, version=version), at=NOW)
    service.draft(session, ada, policy_text(pec, version=4), at=NOW)
    with pytest.raises(service.VersionTaken):
        service.draft(session, ada, policy_text(pec, version=4), at=NOW)
    other = member(session, ebk, f"eve@{ebk}.example")
    service.draft(session, other, policy_text(ebk, version=1), at=NOW)


def test_who_wrote_it_does_not_adopt_it_where_another_can(
    session: Session, pec: str, ada: Actor, statements: Statements
) -> None:
    member(session, pec, f"reader@{pec}.example", role=Role.READER)
    made = service.draft(session, ada, policy_text(pec), at=NOW)
    second = member(session, pec, f"second@{pec}.example")
    with pytest.raises(service.SecondPersonNeeded):
        service.adopt(session, statements, ada, made.id, at=NOW)
    program = replace(ada, client_id="lms", person_id="")
    with pytest.raises(service.SecondPersonNeeded):
        service.adopt(session, statements, program, made.id, at=NOW)
    service.change(session, second, made.id, policy_text(pec, credit="2"), at=NOW)
    with pytest.raises(service.SecondPersonNeeded):
        service.adopt(session, statements, second, made.id, at=NOW)
    done = service.adopt(session, statements, ada, made.id, at=NOW)
    assert done.changed_by == second.who
    assert done.adopted_by == ada.who


def test_only_who_may_changes_a_registrys_policies(
    session: Session, pec: str, ebk: str, ada: Actor, statements: Statements
) -> None:
    made = service.draft(session, ada, policy_text(pec), at=NOW)
    other = member(session, ebk, f"eve@{ebk}.example")
    reviewer = replace(ada, scopes=frozenset({"recognition:read", "recognition:decide"}))
    demoted = member(session, pec, f"demoted@{pec}.example", role=Role.REVIEWER)
    for actor, refusal in [(other, NotFound), (reviewer, Forbidden), (demoted, Forbidden)]:
        with pytest.raises(refusal):
            service.change(session, actor, made.id, policy_text(pec), at=NOW)
        with pytest.raises(refusal):
            service.adopt(session, statements, actor, made.id, at=NOW)
        with pytest.raises(refusal):
            service.withdraw(session, actor, made.id, why="No.", at=NOW)
        with pytest.raises(refusal):
            service.discard(session, actor, made.id, at=NOW)
    assert service.get(session, pec, made.id) == made


def test_an_illustrative_policy_and_anothers_are_not_adopted(
    session: Session, pec: str, ada: Actor, statements: Statements
) -> None:
    illustrative = service.draft(session, ada, texts()["ke-ebk-v1"], at=NOW)
    foreign = service.draft(session, ada, policy_text("another"), at=NOW)
    for made in (illustrative, foreign):
        with pytest.raises(service.NotYours) as refused:
            service.adopt(session, statements, ada, made.id, at=NOW)
        assert refused.value.fields[0].detail
    assert service.in_force(session, pec, on=DAY) == []


def test_what_was_adopted_is_neither_changed_nor_discarded_nor_adopted_again(
    session: Session, pec: str, ada: Actor, statements: Statements
) -> None:
    made = adopted(session, statements, ada)
    with pytest.raises(service.NotADraft):
        service.change(session, ada, made.id, policy_text(pec, credit="2"), at=NOW)
    with pytest.raises(service.NotADraft):
        service.discard(session, ada, made.id, at=NOW)
    with pytest.raises(service.NotADraft):
        service.adopt(session, statements, ada, made.id, at=NOW)


def test_a_draft_is_changed_and_discarded_only_as_it_was_seen(
    session: Session, pec: str, ada: Actor, statements: Statements
) -> None:
    made = service.draft(session, ada, policy_text(pec), at=NOW)
    seen = service.tag(made)
    changed = service.change(session, ada, made.id, policy_text(pec, credit="2"), at=NOW, seen=seen)
    with pytest.raises(PreconditionFailed):
        service.change(session, ada, made.id, policy_text(pec), at=NOW, seen=seen)
    with pytest.raises(PreconditionFailed):
        service.adopt(session, statements, ada, made.id, at=NOW, seen=seen)
    service.discard(session, ada, made.id, at=NOW, seen=service.tag(changed))
    with pytest.raises(NotFound):
        service.get(session, pec, made.id)


def test_a_version_that_was_withdrawn_decides_only_of_what_came_before(
    session: Session, pec: str, ada: Actor, statements: Statements
) -> None:
    adopted(session, statements, ada, version=1)
    second = adopted(session, statements, ada, version=2)
    with pytest.raises(Invalid):
        service.withdraw(session, ada, second.id, why="", at=NOW)
    done = service.withdraw(session, ada, second.id, why="A mistake.", at=NOW, on=DAY)
    assert (done.status, done.withdrawn_reason) == (Status.WITHDRAWN, "A mistake.")
    assert versions_in_force(session, pec, DAY - timedelta(days=1)) == [("rules", 2)]
    assert versions_in_force(session, pec, DAY) == [("rules", 1)]
    assert service.get_policy(session, pec, "rules", 2).status is Status.WITHDRAWN
    with pytest.raises(service.NotInForce):
        service.withdraw(session, ada, second.id, why="Again.", at=NOW)
    with pytest.raises(service.VersionTaken):
        service.draft(session, ada, policy_text(pec, version=2), at=NOW)


def test_a_text_with_faults_is_refused_with_each_of_them(
    session: Session, pec: str, ada: Actor
) -> None:
    wrong = policy_text(pec).replace("unit: hour\n", "units: hour\n").replace("credit:", "credits:")
    with pytest.raises(service.PolicyFaulty) as refused:
        service.draft(session, ada, wrong, at=NOW)
    assert len(refused.value.fields) > 1
    assert any(one.detail.startswith("line 6:") for one in refused.value.fields)
    with pytest.raises(service.PolicyFaulty):
        service.draft(session, ada, "#" * 200_000, at=NOW)


def other_text(one: PolicyVersion) -> dict[str, Any]:
    return {"text": one.text.replace('credit: "1"', 'credit: "9"')}


def other_days(one: PolicyVersion) -> dict[str, Any]:
    return {"text": one.text.replace("from: null", 'from: "2020-01-01"')}


def broken_signature(one: PolicyVersion) -> dict[str, Any]:
    return {"statement": str(one.statement)[:-4] + "AAAA"}


@pytest.mark.parametrize(
    "tamper",
    [
        other_text,
        other_days,
        broken_signature,
        {"text": "nothing"},
        {"hash": "0" * 64},
        {"valid_from": date(2020, 1, 1)},
        {"version": 7},
        {"policy_id": "another"},
        {"statement": None},
        {"statement": "x.y.z"},
    ],
)
def test_what_was_changed_in_the_database_decides_nothing(
    session: Session,
    pec: str,
    ada: Actor,
    statements: Statements,
    tamper: Callable[[PolicyVersion], dict[str, Any]] | dict[str, Any],
) -> None:
    adopted(session, statements, ada, version=1)
    made = adopted(session, statements, ada, version=2)
    values = tamper(made) if callable(tamper) else tamper
    session.execute(update(PolicyVersionRow).where(PolicyVersionRow.id == made.id).values(**values))
    service.forget()  # as after a start: what was read before is known to have been good then
    with pytest.raises(service.PolicyDoubtful):
        service.in_force(session, pec, on=DAY)


def test_a_draft_made_adopted_by_who_has_no_key_decides_nothing(
    session: Session, pec: str, ada: Actor, statements: Statements
) -> None:
    real = adopted(session, statements, ada, version=1)
    made = service.draft(session, ada, policy_text(pec, version=2, credit="9"), at=NOW)
    session.execute(
        update(PolicyVersionRow)
        .where(PolicyVersionRow.id == made.id)
        .values(status="adopted", statement=real.statement, adopted_at=NOW, adopted_by="nobody")
    )
    with pytest.raises(service.PolicyDoubtful):
        service.in_force(session, pec, on=DAY)


def test_another_registrys_signature_does_not_adopt(
    session: Session, pec: str, ebk: str, ada: Actor, statements: Statements
) -> None:
    eve = member(session, ebk, f"eve@{ebk}.example")
    theirs = adopted(session, statements, eve)
    mine = adopted(session, statements, ada)
    session.execute(
        update(PolicyVersionRow)
        .where(PolicyVersionRow.id == mine.id)
        .values(text=theirs.text, hash=theirs.hash, statement=theirs.statement)
    )
    with pytest.raises(service.PolicyDoubtful):
        service.in_force(session, pec, on=DAY)


def test_what_a_stolen_key_signed_decides_no_more(
    module_database: Database, statements: Statements, signer: MemorySigner
) -> None:
    with module_database.write() as session:
        add_registry(session, "robbed")
        adopted(session, statements, member(session, "robbed", "ada@robbed.example"))
        assert versions_in_force(session, "robbed", DAY) == [("rules", 1)]
    with module_database.write() as session:
        issuer = trust.organisation_issuer(session, "robbed")
        assert issuer is not None
        for held in issuer.keys:
            keys.compromise(session, signer, held.key.id, since=NOW, at=NOW)
    with module_database.read() as session, pytest.raises(service.PolicyDoubtful):
        service.in_force(session, "robbed", on=DAY)
