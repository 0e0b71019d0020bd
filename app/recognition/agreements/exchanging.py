"""Use cases: an agreement signed and ended, and the file that the other side gets.

A registry signs what it drafted, or what the other side has signed; and only terms that its own
annexed policy keeps: adopted, with the hash that is named, taking the tag and no other kinds.
Whatever changes what is in force changes the lists of issuers in the same transaction.
"""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.model import Actor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.proof.parse import Object
from app.recognition.adoption import service as adoption
from app.recognition.agreements import applying, rules, signing, store
from app.recognition.agreements import desk as desks
from app.recognition.agreements.carrying import write_file
from app.recognition.agreements.desk import Desk, Which, hold, mine
from app.recognition.agreements.drafting import NotSigned
from app.recognition.agreements.model import Agreement, Ending, Party, Standing
from app.recognition.policies.model import Status


class SignedAlready(Conflict):
    """This side has signed."""

    code = "agreement-signed"


class NotOurTurn(Conflict):
    """The other side drafted it and has not signed."""

    code = "agreement-not-offered"


class TermsBroken(Conflict):
    """The annexed policy does not do what the agreement says."""

    code = "agreement-terms"


def sign(session: Session, desk: Desk, actor: Actor, which: Which, *, at: datetime) -> Standing:
    """Sign a version in the registry's name.

    Raises ``NotFound``, ``SignedAlready``, ``NotOurTurn``, ``TermsBroken``, and what the signer
    raises.
    """
    registry = hold(session, actor)
    own = desk.statements.issuer(session, registry.id, at=at, who=actor.who)
    every, one = mine(session, desk, own.id, registry.id, which, at=at, lock=True)
    before = one.signed_by(own.id)
    if before is not None and before.holds:
        raise SignedAlready("You have signed it.")
    other = one.signed_by(one.agreement.other(own.id).id)
    if one.kept.drafted_by != registry.id and (other is None or not other.holds):
        raise NotOurTurn("The other side has not signed it.")
    if which.version != every[-1].agreement.version:
        raise NotOurTurn("There is a later version of it.")
    _check_terms(session, registry.id, one.agreement.party(own.id))
    token = desk.statements.sign(
        session,
        organisation_id=registry.id,
        kind=signing.KIND,
        claims=signing.claims(one.agreement),
        at=at,
    )
    put = store.put_signature if before is None else store.replace_signature
    put(session, one.agreement, own.id, token, at=at, who=actor.who)
    store.put_annexes(session, _own_annexes(session, registry.id, one.agreement.party(own.id)))
    note(session, "agreement.sign", registry.id, one.agreement, at=at, who=actor.who)
    return settled(session, desk, which, at=at)


def end(
    session: Session,
    desk: Desk,
    actor: Actor,
    which: Which,
    *,
    ends_on: date,
    at: datetime,
) -> Standing:
    """Give notice: the agreement ends with that day.

    Raises ``NotFound``, ``NotSigned``, ``SignedAlready`` and ``Invalid`` (too early a day).
    """
    registry = hold(session, actor)
    own = desk.statements.issuer(session, registry.id, at=at, who=actor.who)
    _, one = mine(session, desk, own.id, registry.id, which, at=at, lock=True)
    if not rules.binds(one.held):
        raise NotSigned("It binds nobody yet.")
    if any(notice.party_id == own.id for notice in one.endings):
        raise SignedAlready("You have given notice.")
    earliest = signing.earliest_end(one.agreement, on=at.date())
    if ends_on < earliest or (one.span.last is not None and ends_on > one.span.last):
        mend = f"Give a day from {earliest} on, before it ends by itself."
        raise Invalid(
            "It cannot end with that day.", fields=[FieldProblem("/ends_on", "notice", mend)]
        )
    token = desk.statements.sign(
        session,
        organisation_id=registry.id,
        kind=signing.ENDING_KIND,
        claims=signing.ending_claims(one.agreement, ends_on=ends_on),
        at=at,
    )
    notice = signing.Notice(own.id, ends_on, token)
    put_notice(session, one.agreement, notice, at=at, who=actor.who)
    note(session, "agreement.end", registry.id, one.agreement, at=at, who=actor.who,
          ends_on=ends_on.isoformat())  # fmt: skip
    return settled(session, desk, which, at=at)


def file_of(session: Session, one: Standing) -> bytes:
    """The file for the other side, and for whoever wants to check: everything that was signed."""
    named = [party.recognises.annex.hash for party in one.agreement.parties if party.recognises]
    found = store.annexes(session, named)
    return write_file(
        one.agreement,
        signatures=[signature.token for signature in one.kept.signatures],
        endings=[notice.token for notice in one.endings],
        annexes=[found[digest] for digest in dict.fromkeys(named) if digest in found],
    )


def settle(session: Session, desk: Desk, agreement_id: str, *, at: datetime) -> int:
    """Bring the lists of issuers up to an agreement; says how many listings changed.

    What holds may change by itself: a key turns out to be compromised, a bundle is forgotten.
    """
    return applying.apply(session, desks.standings(session, desk, agreement_id, at=at), at=at)


def settled(session: Session, desk: Desk, which: Which, *, at: datetime) -> Standing:
    """The version as it stands now, the lists of issuers brought up to it."""
    every = desks.standings(session, desk, which.id, at=at)
    applying.apply(session, every, at=at)
    return next(one for one in every if one.agreement.version == which.version)


def _check_terms(session: Session, registry_id: str, party: Party | None) -> None:
    """Rule 1, of one's own side."""
    if party is None or party.recognises is None:
        return
    terms = party.recognises
    try:
        policy = adoption.get_policy(
            session, registry_id, terms.annex.policy_id, terms.annex.version
        )
    except NotFound as error:
        raise TermsBroken(f"You have no policy {terms.annex.policy_id}.") from error
    if policy.hash != terms.annex.hash:
        raise TermsBroken("The annexed policy is another text than yours of this version.")
    if policy.status is not Status.ADOPTED:
        raise TermsBroken("The annexed policy is not adopted; adopt it first.")
    if not policy.issuers.accept_any and terms.tag not in policy.issuers.accept_tags:
        raise TermsBroken(f"The annexed policy does not take issuers with the tag {terms.tag}.")
    if terms.kinds is not None and (
        policy.scope is None or not set(policy.scope.kinds) <= set(terms.kinds)
    ):
        raise TermsBroken("The annexed policy takes other kinds of activity than were agreed.")


def _own_annexes(session: Session, registry_id: str, party: Party | None) -> Mapping[str, Object]:
    if party is None or party.recognises is None:
        return {}
    annex = party.recognises.annex
    policy = adoption.get_policy(session, registry_id, annex.policy_id, annex.version)
    return {policy.hash: dict(policy.document)}


def put_notice(
    session: Session, agreement: Agreement, notice: signing.Notice, *, at: datetime, who: str
) -> None:
    """Keep a notice; a party gives one."""
    known = store.endings(session, agreement.id).get(agreement.version, [])
    if all(one.party_id != notice.party_id for one in known):
        ending = Ending(notice.party_id, notice.token, notice.ends_on, at, who)
        store.put_ending(session, agreement, ending)


def note(
    session: Session,
    action: str,
    registry_id: str,
    one: Agreement,
    *,
    at: datetime,
    who: str,
    **more: object,
) -> None:
    """Note in the history of a registry what became of an agreement."""
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"agreement:{one.id}",
        at=at,
        after={"version": one.version, "hash": one.hash, **more},
        organisation_id=registry_id,
    )
