"""Records of others, verified again with what is known later: more, less, or something else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.platform.ids import new_id
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Cause, Submission
from app.recognition.register import service as register
from app.recognition.register.service import Registrant
from app.verification.bundle import Bundle
from tests.simulator.issuer import NOW, SimulatedIssuer
from tests.simulator.ledgers import Registry

HOLDER = "urn:uuid:0b1d6a52-3a52-4d7e-9a57-62b9a8a1f0c3"
NOTHING = Bundle(1, NOW, {}, {})
BundleMaker = Callable[[datetime], Bundle]


@pytest.fixture
def issuer() -> SimulatedIssuer:
    return SimulatedIssuer()


@pytest.fixture
def ada(registry: Registry) -> Registrant:
    """To whom the holder of the simulated issuer's records is bound."""
    made = registry.registrant()
    with registry.database.write() as session:
        register.bind_holder(session, made, HOLDER, at=registry.node.now, who="system:test")
    return made


def submit(
    registry: Registry, registrant: Registrant, issuer: SimulatedIssuer, bundle: Bundle
) -> Submission:
    record = issuer.record(id=f"urn:uuid:{new_id()}")
    subject = record["credentialSubject"]
    subject["achievement"]["resultDescription"].append(
        {
            "id": "urn:x:kind",
            "type": ["ResultDescription"],
            "name": "Kind",
            "resultType": "ext:ActivityKind",
        }
    )
    subject["result"].append(
        {"type": ["Result"], "resultDescription": "urn:x:kind", "value": "course"}
    )
    (answer,) = ledger.submit(
        registry.database,
        ledger.Desk(lambda _: bundle),
        registry.id,
        registrant.id,
        [issuer.secure_jwt(record).encode()],
        origin=ledger.Origin.ENGINEER,
        who="person:ada",
        at=registry.node.now,
    )
    assert answer.submission is not None, answer.error
    return answer.submission


def look(registry: Registry, bundle: Bundle, *, days: int) -> None:
    """The worker's daily look after so many days, with another bundle."""
    before = registry.node.now
    registry.node.now += timedelta(days=days)
    try:
        registry.node.work(bundle=lambda _: bundle)
    finally:
        registry.node.now = before


def test_a_record_of_somebody_unknown_counts_once_he_is_known(
    registry: Registry, ada: Registrant, issuer: SimulatedIssuer
) -> None:
    made = submit(registry, ada, issuer, NOTHING)
    assert made.decision.decision.reasons == ("SIG_UNKNOWN",)
    assert made.title == ""
    registry.node.work(bundle=lambda _: issuer.bundle())  # the first look is at once
    found = registry.get(made)
    assert (found.title, found.issuer_id) == ("Seismic design of masonry walls", issuer.id)
    assert str(found.decision.decision.credited) == "10"  # 750 minutes, as far as the cap goes
    assert found.decision.cause is Cause.CORRECTED


def test_knowing_less_later_undoes_nothing(
    registry: Registry, ada: Registrant, issuer: SimulatedIssuer
) -> None:
    made = submit(registry, ada, issuer, issuer.bundle())
    assert str(made.decision.decision.credited) == "10"
    look(registry, NOTHING, days=0)
    look(registry, replace(issuer.bundle(), status_lists={}), days=2)
    look(registry, issuer.bundle(), days=4)  # whose lists have run out by then
    assert registry.get(made).decision == made.decision


def test_a_key_that_turns_out_to_be_compromised_is_news(
    registry: Registry, ada: Registrant, issuer: SimulatedIssuer
) -> None:
    made = submit(registry, ada, issuer, issuer.bundle())
    since = datetime(2026, 2, 1, tzinfo=UTC)
    look(registry, issuer.bundle(compromised_since=since), days=0)
    found = registry.get(made)
    assert found.decision.decision.reasons == ("SIG_INVALID",)
    assert (found.title, found.completed) == (made.title, made.completed)


def test_a_revocation_far_away_is_news(
    registry: Registry, ada: Registrant, issuer: SimulatedIssuer
) -> None:
    made = submit(registry, ada, issuer, issuer.bundle())
    issuer.revoked.add(4711)
    look(registry, issuer.bundle(), days=0)
    found = registry.get(made).decision
    assert (found.cause, found.decision.reasons) == (Cause.REVOKED, ("STATUS_REVOKED",))
    look(registry, NOTHING, days=2)
    assert registry.get(made).decision == found
