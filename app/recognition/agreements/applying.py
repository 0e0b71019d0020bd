"""The lists of issuers of this node's registries, kept as the agreements in force say.

A version that binds lists the other party's issuers under the tag it names, for exactly the days on
which it is in force, with the agreement's id as the source. What no agreement says any more is
ended today, or struck when it never began; what was listed for days that are over stays, since
records were decided by it. Only what comes from this agreement is touched, never what the registry
listed by itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.recognition.agreements.model import Standing, State
from app.recognition.agreements.rules import binds, lasts
from app.recognition.policies.model import Span
from app.recognition.register import service as register
from app.recognition.register.listing import Ending
from app.recognition.register.model import IssuerListing, NewIssuerListing
from app.trust import service as trust
from app.trust.model import Role

WHO = "system:agreement"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One listing that an agreement asks for."""

    issuer_id: str
    tag: str
    span: Span


def apply(session: Session, standings: Sequence[Standing], *, at: datetime) -> int:
    """Bring the lists of both parties, as far as they are of this node, up to the agreement.

    ``standings`` are those of all its versions. Says how many listings changed.
    """
    if not standings:
        return 0
    agreement = standings[-1].agreement
    own = {
        issuer.id: issuer.organisation_id
        for issuer in trust.own_issuers(session)
        if issuer.role is Role.REGISTRY and issuer.organisation_id
    }
    changed = 0
    for party in agreement.parties:
        registry_id = own.get(party.id)
        if registry_id is not None:
            wanted = list(_wanted(standings, party.id))
            changed += _settle(session, registry_id, standings, wanted, at=at)
    return changed


def _wanted(standings: Sequence[Standing], party_id: str) -> Iterator[Wanted]:
    for one in standings:
        party = one.agreement.party(party_id)
        bound = binds(one.held) and one.state is not State.BROKEN and lasts(one.span)
        if party is None or party.recognises is None or not bound:
            continue
        for issuer in one.agreement.other(party_id).issuers:
            yield Wanted(issuer.id, party.recognises.tag, one.span)


def _settle(
    session: Session,
    registry_id: str,
    standings: Sequence[Standing],
    wanted: Sequence[Wanted],
    *,
    at: datetime,
) -> int:
    agreement = standings[-1].agreement
    issuers = sorted({i.id for one in standings for p in one.agreement.parties for i in p.issuers})
    current = [
        listed
        for issuer_id in issuers
        for listed in register.issuer_listings(session, registry_id, issuer_id)
        if listed.source == agreement.id and not listed.struck
    ]
    missing, changed = list(wanted), 0
    for listed in current:
        match = next((one for one in missing if _begins_alike(listed, one)), None)
        if match is not None and match.span.last == listed.span.last:
            missing.remove(match)
            continue
        if match is not None and _shortens(listed, match.span.last):
            missing.remove(match)
            _end(session, listed, match.span.last, at=at)
        elif match is not None:
            _strike(session, listed, at=at)  # and listed anew, for longer
        elif not _give_up(session, listed, at=at):
            continue
        changed += 1
    for one in missing:
        _list(session, registry_id, one, agreement.id, agreement.reference, at=at)
    return changed + len(missing)


def _begins_alike(listed: IssuerListing, one: Wanted) -> bool:
    return (listed.issuer_id, listed.tag, listed.span.first) == (
        one.issuer_id,
        one.tag,
        one.span.first,
    )


def _shortens(listed: IssuerListing, last: date | None) -> bool:
    if last is None or listed.ended_at is not None:
        return False
    return listed.span.last is None or last < listed.span.last


def _give_up(session: Session, listed: IssuerListing, *, at: datetime) -> bool:
    """Let hold no longer what no agreement says any more; says whether anything changed."""
    yesterday = at.date() - timedelta(days=1)
    if listed.span.last is not None and listed.span.last <= yesterday:
        return False
    if listed.ended_at is None and listed.span.first is not None and listed.span.first <= yesterday:
        _end(session, listed, yesterday, at=at)
    else:
        _strike(session, listed, at=at)
    return True


def _end(session: Session, listed: IssuerListing, on: date | None, *, at: datetime) -> None:
    register.end_issuer(
        session,
        listed.registry_id,
        listed.id,
        Ending(on, "The agreement holds no longer."),
        at=at,
        who=WHO,
    )


def _strike(session: Session, listed: IssuerListing, *, at: datetime) -> None:
    _end(session, listed, None, at=at)


def _list(
    session: Session, registry_id: str, one: Wanted, source: str, reference: str, *, at: datetime
) -> None:
    register.add_issuer(
        session,
        registry_id,
        NewIssuerListing(
            issuer_id=one.issuer_id,
            tag=one.tag,
            valid_from=_text(one.span.first),
            valid_to=_text(one.span.last),
            note=f"By the agreement {reference}"[:500],
        ),
        at=at,
        who=WHO,
        source=source,
    )


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def wanted_of(standings: Iterable[Standing], party_id: str) -> tuple[Wanted, ...]:
    """What a party lists by an agreement, for whoever shows it."""
    return tuple(_wanted(list(standings), party_id))
