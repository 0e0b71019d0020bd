"""A registry's signed yes or no: when it may be said, what it says, and when it is taken back."""

import json
from datetime import date, timedelta

import pytest

from app.identity import audit
from app.platform.problems import Invalid, NotFound
from app.proof.did import did_web
from app.recognition.compliance import asking, issuing, lists
from app.recognition.compliance.asking import Answered, TooManyRequests
from app.recognition.compliance.issuing import WithdrawnBefore
from app.recognition.compliance.judging import NothingToSay, ReviewsOpen, TooEarly
from app.recognition.compliance.model import NewRequest, RequestState, Standing
from app.recognition.ledger.cycles import NoPolicy
from app.recognition.register import service as register
from app.recognition.register.holders import NUMBER_TYPE
from app.records.build import identity_hash
from app.records.standing.model import Action, Reason
from app.trust import keys
from app.verification import Outcome
from tests.simulator.ledgers import Ledgers
from tests.unit.recognition.compliance.conftest import WHO, Office

pytestmark = pytest.mark.slow

OTHER = did_web("https://other.example", "registries", "ebk")


def test_a_yes_is_said_as_soon_as_it_is_so_and_verifies_anywhere(office: Office) -> None:
    ada = office.registry.registrant()
    office.met(ada)
    made = office.issue(ada, purposes=("IPEA",), audience=OTHER, number=" 47 11 ")
    said = made.said
    assert said.met
    assert (said.first, said.last) == (date(2026, 1, 1), date(2026, 12, 31))
    assert (said.policy_id, said.policy_version) == ("rules", 1)
    for form in (office.forms(made).json, office.forms(made).jwt.encode()):
        record = office.verified(form).accept()
        assert record.compliance == said
        assert record.issuer_id.endswith(f":registries:{office.registry.id}")
        for kind, number in ((office.registry.id, ada.number), ("ebk", "47 11")):
            (found,) = (one for one in record.identities if one.kind == f"{NUMBER_TYPE}.{kind}")
            assert found.hash == identity_hash(number, salt=found.salt)


def test_it_names_no_person_no_number_and_no_activity(office: Office) -> None:
    ada = office.registry.registrant()
    office.met(ada)
    made = office.issue(ada, audience=OTHER, number="4711-0815")
    text = office.forms(made).json.decode()
    for secret in (ada.name, "4711-0815", f'"{ada.number}"', ada.id, "Course", "minutes", "ethics"):
        assert secret not in text
    subject = json.loads(text)["credentialSubject"]
    again = office.issue(ada, purposes=("audit",))
    assert json.loads(office.forms(again).json)["credentialSubject"]["id"] != subject["id"]


def test_a_no_is_said_only_when_the_cycle_is_over(office: Office) -> None:
    ada = office.registry.registrant()
    office.registry.counted(ada, minutes=60)
    with pytest.raises(TooEarly):
        office.issue(ada)
    made = office.issue(ada, day="2025-03-01")
    assert not made.said.met
    assert made.said.last == date(2025, 12, 31)
    assert office.verified(office.forms(made).json).accept().title.endswith(": no")


def test_a_no_waits_for_every_review(office: Office) -> None:
    ada = office.registry.registrant()
    office.registry.counted(ada, on=date(2025, 5, 1), kind="mentoring")
    with pytest.raises(ReviewsOpen):
        office.issue(ada, day="2025-12-31")


def test_without_a_policy_or_a_cycle_nothing_is_said(ledgers: Ledgers) -> None:
    office = Office(ledgers.registry())
    ada = office.registry.registrant()
    with pytest.raises(NoPolicy):
        office.issue(ada)
    text = (
        f"policy_id: x\npolicy_version: 1\nregistry: {office.registry.id}\nstatus: draft\n"
        "unit: hour\nissuers: {accept_any: true}\n"
        'map: [{id: a, when: {}, measure: contact_minutes, per: "60", credit: "1", category: a}]\n'
    )
    office.registry.adopt(text=text)
    with pytest.raises(NothingToSay):
        office.issue(ada)


def test_the_same_statement_is_made_once_while_it_stands(office: Office) -> None:
    ada = office.registry.registrant()
    office.met(ada)
    made = office.issue(ada, purposes=("APEC",))
    office.registry.node.now += timedelta(days=1)
    assert office.issue(ada, purposes=("APEC",)).id == made.id
    assert office.issue(ada, purposes=("ASEAN",)).id != made.id
    office.withdraw(made)
    assert office.issue(ada, purposes=("APEC",)).id != made.id


def test_a_withdrawn_statement_verifies_nowhere_any_more(office: Office) -> None:
    ada = office.registry.registrant()
    office.met(ada)
    made, other = office.issue(ada), office.issue(ada, purposes=("APEC",))
    withdrawn = office.withdraw(made, "It was for somebody else.")
    assert withdrawn.standing is Standing.WITHDRAWN
    found = office.verified(office.forms(made).json)
    assert found.check("status.revocation").outcome is Outcome.FAIL
    office.verified(office.forms(other).json).accept()
    with pytest.raises(WithdrawnBefore):
        office.withdraw(made)
    with pytest.raises(Invalid):
        office.withdraw(other, "  ")


def test_what_the_ledger_no_longer_bears_out_is_withdrawn_with_old_new_and_why(
    office: Office,
) -> None:
    registry = office.registry
    ada, eve = registry.registrant(), registry.registrant()
    office.met(ada)
    office.met(eve)
    record = registry.record(ada, minutes=600, on=date(2025, 6, 1), tags=("ethics",))
    registry.submit(ada, record.json)
    registry.counted(ada, minutes=600, on=date(2025, 6, 1), kind="conference")
    mine = office.issue(ada, day="2025-12-31")
    others = [office.issue(ada), office.issue(eve)]
    assert office.keep() == 0
    registry.node.now += timedelta(hours=1)
    registry.node.stand(record.id, Action.REVOKE, Reason.ERROR)
    registry.node.work()
    assert office.keep() == 1
    found = office.get(mine)
    assert found.standing is Standing.WITHDRAWN
    assert found.withdrawn_why == "Stated as met; not met after decisions that were made since."
    assert found.found is not None
    assert (found.found["met"], found.found["total"]) == (False, "10")
    assert {office.get(one).standing for one in others} == {Standing.STANDS}
    failed = office.verified(office.forms(mine).json).check("status.revocation")
    assert failed.outcome is Outcome.FAIL
    assert office.keep() == 0


def test_a_stricter_version_of_the_policy_is_noticed_within_a_day(office: Office) -> None:
    ada = office.registry.registrant()
    office.met(ada)
    made = office.issue(ada)
    office.registry.adopt(version=2, cap="10", whole="10")
    text = office.registry.adopt(version=3).text.replace('total: "20"', 'total: "40"')
    office.registry.adopt(text=text.replace("policy_version: 3", "policy_version: 4"))
    office.registry.node.now += timedelta(days=1, minutes=1)
    assert office.keep() == 1
    why = office.get(made).withdrawn_why
    assert why == "Stated as met; not met under version 4 of the policy."


def test_lists_are_renewed_before_they_end_and_after_a_change_of_keys(office: Office) -> None:
    ada = office.registry.registrant()
    office.met(ada)
    made = office.issue(ada)
    form = office.forms(made).json
    office.renew()
    assert office.renew() == 0
    office.registry.node.now += timedelta(days=6)
    assert office.renew() >= 1
    office.registry.node.now += timedelta(days=2)
    office.verified(form).accept()
    issuer = office.verified(form).accept().issuer_id
    with office.registry.database.write() as session:
        keys.compromise(
            session, office.registry.node.signer, f"{issuer}#es256-1",
            since=office.registry.node.now, at=office.registry.node.now,
        )  # fmt: skip
    # The token is worth nothing any more, and neither is the list that the key signed.
    unknown = office.verified(form).check("status.revocation").outcome
    assert unknown is not Outcome.PASS
    with office.registry.database.write() as session:
        at = office.registry.node.now
        assert lists.renew_all(session, office.desk, office.registry.id, at=at) == 1
    office.verified(form).accept()
    assert office.verified(office.forms(made).jwt.encode()).outcome is Outcome.FAIL


def test_a_request_is_answered_or_refused_once_and_forgets_the_number(office: Office) -> None:
    registry, at = office.registry, office.registry.node.now
    ada = registry.registrant()
    office.met(ada)
    new = NewRequest(day="2026-10-01", purposes=("IPEA",), audience=OTHER, number="4711")
    with registry.database.write() as session:
        first = asking.ask(session, ada, new, at=at, who="person:ada")
        second = asking.ask(session, ada, new, at=at, who="person:ada")
    assert (first.state, first.number) == (RequestState.OPEN, "4711")
    with registry.database.write() as session:
        made = issuing.answer(session, office.desk, registry.id, first.id, at=at, who=WHO)
        refused = asking.refuse(session, registry.id, second.id, why="Twice.", at=at, who=WHO)
        answered = asking.get(session, registry.id, first.id)
    assert (answered.state, answered.number) == (RequestState.ISSUED, None)
    assert answered.statement_id == made.id
    assert (refused.state, refused.number, refused.answer) == (
        RequestState.REFUSED, None, "Twice.",
    )  # fmt: skip
    with pytest.raises(Answered), registry.database.write() as session:
        issuing.answer(session, office.desk, registry.id, first.id, at=at, who=WHO)
    with pytest.raises(Answered), registry.database.write() as session:
        asking.refuse(session, registry.id, first.id, why="No.", at=at, who=WHO)


@pytest.mark.parametrize(
    ("new", "pointer"),
    [
        ({"day": "tomorrow"}, "/day"),
        ({"day": "2027-01-01"}, "/day"),
        ({"day": "0001-01-01"}, "/day"),
        ({"audience": "EBK"}, "/audience"),
        ({"number": "4711"}, "/audience"),
        ({"audience": OTHER, "number": "4" * 101}, "/number"),
        ({"audience": OTHER, "number": "4\u202e7"}, "/number"),
        ({"purposes": ("a" * 101,)}, "/purposes"),
        ({"purposes": tuple(map(str, range(11)))}, "/purposes"),
    ],
)
def test_a_request_names_each_bad_field(new: dict[str, str], pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        asking.checked(NewRequest(**new), today=date(2026, 11, 23))  # type: ignore[arg-type]
    assert [one.pointer for one in caught.value.fields] == [pointer]


def test_nobody_asks_without_end(office: Office) -> None:
    ada = office.registry.registrant()
    with office.registry.database.write() as session:
        for _ in range(asking.MOST_OPEN):
            asking.ask(session, ada, NewRequest(), at=office.registry.node.now, who=WHO)
        with pytest.raises(TooManyRequests):
            asking.ask(session, ada, NewRequest(), at=office.registry.node.now, who=WHO)


def test_another_registry_sees_nothing_of_it(office: Office, ledgers: Ledgers) -> None:
    ada, other = office.registry.registrant(), Office(ledgers.registry())
    office.met(ada)
    made, at = office.issue(ada), office.registry.node.now
    with other.registry.database.write() as session:
        with pytest.raises(NotFound):
            issuing.get(session, other.registry.id, made.id)
        with pytest.raises(NotFound):
            issuing.forms(session, other.registry.id, made.id)
        with pytest.raises(NotFound):
            issuing.withdraw(
                session, other.desk, other.registry.id, made.id, why="No.", at=at, who=WHO
            )
        with pytest.raises(NotFound):
            issuing.issue(
                session, other.desk, other.registry.id, ada.id, NewRequest(), at=at, who=WHO
            )
        with pytest.raises(NotFound):
            register.get(session, other.registry.id, ada.id)


def test_who_said_what_is_in_the_history(office: Office) -> None:
    ada = office.registry.registrant()
    office.met(ada)
    made = office.withdraw(office.issue(ada))
    with office.registry.database.read() as session:
        trail = audit.trail(session, f"compliance-statement:{made.id}")
    assert [(entry.action, entry.organisation_id) for entry in trail] == [
        ("compliance.issue", office.registry.id),
        ("compliance.withdraw", office.registry.id),
    ]
