"""Use cases: agreements drafted, changed, amended, and thrown away while nobody has signed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.model import Actor
from app.platform.ids import new_id
from app.platform.problems import Conflict, NotFound
from app.recognition.agreements import desk as desks
from app.recognition.agreements import rules, store
from app.recognition.agreements.desk import Desk, Which, hold, mine
from app.recognition.agreements.model import Agreement, Standing, State
from app.recognition.agreements.writing import NewAgreement, write


class NotADraft(Conflict):
    """Somebody signed it: it is changed by a new version."""

    code = "agreement-signed"


class NotSigned(Conflict):
    """Only what both have signed is amended or ended."""

    code = "agreement-not-signed"


class DraftThere(Conflict):
    """There is a later version that waits for signatures."""

    code = "agreement-version-waiting"


def draft(
    session: Session, desk: Desk, actor: Actor, new: NewAgreement, *, at: datetime
) -> Standing:
    """Draft an agreement in the name of the actor's registry. Raises ``AgreementInvalid``."""
    registry = hold(session, actor)
    made = write(session, desk, registry.id, new, agreement_id=new_id(), at=at)
    return _keep(session, desk, actor, made, at=at)


def amend(
    session: Session,
    desk: Desk,
    actor: Actor,
    agreement_id: str,
    new: NewAgreement,
    *,
    at: datetime,
) -> Standing:
    """Draft the next version of an agreement that both have signed, whether that holds or not.

    Raises ``NotFound``, ``DraftThere`` and ``AgreementInvalid``.
    """
    registry = hold(session, actor)
    did = desk.statements.issuer(session, registry.id, at=at, who=actor.who).id
    found = desks.standings(session, desk, agreement_id, at=at, lock=True)
    if not found or not desks.seen_by(found[-1], did, registry.id):
        raise NotFound("There is no such agreement.")
    if not rules.binds(found[-1].held) and found[-1].state is not State.BROKEN:
        raise DraftThere("Its last version waits for signatures; change or discard that one.")
    last = found[-1].agreement
    new = replace(new, other=last.other(did).id)
    made = write(session, desk, registry.id, new, agreement_id=agreement_id, at=at, previous=last)
    return _keep(session, desk, actor, made, at=at)


def change(
    session: Session,
    desk: Desk,
    actor: Actor,
    which: Which,
    new: NewAgreement,
    *,
    at: datetime,
) -> Standing:
    """Write a draft of one's own anew. Raises ``NotFound``, ``NotADraft``, ``AgreementInvalid``."""
    registry = hold(session, actor)
    every, before = _draft(session, desk, actor, which, at=at)
    previous = next((o.agreement for o in every if o.agreement.version == which.version - 1), None)
    made = write(session, desk, registry.id, new, agreement_id=which.id, at=at, previous=previous)
    store.change_version(session, made)
    _note(session, "agreement.change", registry.id, made, at=at, who=actor.who,
          before=before.agreement)  # fmt: skip
    return desks.standings(session, desk, which.id, at=at)[-1]


def discard(session: Session, desk: Desk, actor: Actor, which: Which, *, at: datetime) -> None:
    """Throw away what one drafted, or took in and did not sign.

    Raises ``NotFound`` and ``NotADraft``.
    """
    registry = hold(session, actor)
    did = desk.statements.issuer(session, registry.id, at=at, who=actor.who).id
    _, one = mine(session, desk, did, registry.id, which, at=at, lock=True)
    if one.kept.drafted_by != registry.id or one.signed_by(did) is not None:
        raise NotADraft("It is not yours alone any more; end it instead.")
    if len(one.kept.signatures) > 1:
        raise NotADraft("Both have signed; end it instead.")
    store.delete_version(session, which.id, which.version)
    _note(session, "agreement.discard", registry.id, one.agreement, at=at, who=actor.who)


def _draft(
    session: Session, desk: Desk, actor: Actor, which: Which, *, at: datetime
) -> tuple[Sequence[Standing], Standing]:
    registry_id = actor.organisation_id
    did = desk.statements.issuer(session, registry_id, at=at, who=actor.who).id
    every, one = mine(session, desk, did, registry_id, which, at=at, lock=True)
    if one.state is not State.DRAFT or one.kept.drafted_by != registry_id:
        raise NotADraft("It was signed; draft a new version instead.")
    return every, one


def _keep(session: Session, desk: Desk, actor: Actor, made: Agreement, *, at: datetime) -> Standing:
    registry_id = actor.organisation_id
    store.insert_version(session, made, drafted_by=registry_id, at=at, who=actor.who)
    _note(session, "agreement.draft", registry_id, made, at=at, who=actor.who)
    return desks.standings(session, desk, made.id, at=at)[-1]


def _note(
    session: Session,
    action: str,
    registry_id: str,
    one: Agreement,
    *,
    at: datetime,
    who: str,
    before: Agreement | None = None,
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"agreement:{one.id}",
        at=at,
        before=None if before is None else {"version": before.version, "hash": before.hash},
        after={"version": one.version, "hash": one.hash},
        organisation_id=registry_id,
    )
