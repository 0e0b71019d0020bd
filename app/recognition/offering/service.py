"""Use cases: what courses and planned activities would count for, and where.

Everything here supposes that there will be a record, rightly signed, valid and the registrant's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias

from sqlalchemy.orm import Session

from app.catalogue import Course
from app.catalogue import service as catalogue
from app.recognition.deciding.choosing import choose
from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.model import Approval, Facts, Ledger
from app.recognition.offering import facts as offered
from app.recognition.offering.bodies import Shelf
from app.recognition.offering.model import (
    Body,
    Candidate,
    Counting,
    Grade,
    Planned,
    Reckoned,
    worth,
)
from app.recognition.policies.model import Policy, Span
from app.recognition.register import service as register
from app.recognition.register.model import IssuerListing
from app.trust import service as trust

_NOTHING_USED = Ledger()
UsedBy: TypeAlias = Callable[[Policy, Facts], Ledger]
"""What somebody has used under a policy, as far as it bears on these facts."""
SCANNED = 2_000
"""How many courses are looked at, at most, for those that would count."""
_AT_ONCE = 500


def counts_for(
    session: Session,
    courses: Iterable[Course],
    bodies: Sequence[Body],
    *,
    on: date,
    used: Mapping[str, UsedBy] | None = None,
) -> dict[str, tuple[Counting, ...]]:
    """By the id of each course: what it would count for in each body, in the order of ``bodies``.

    ``used`` gives, by registry, what one registrant has used already.
    """
    asked = list(courses)
    desk = _Desk(session, Shelf(session), used or {})
    desk.know((course.society_id for course in asked), bodies)
    found = {}
    for course in asked:
        given = offered.ways(course.id, course.data, on=on)
        found[course.id] = tuple(desk.count(body, course, given) for body in bodies)
    return found


def count_planned(
    session: Session, planned: Planned, bodies: Sequence[Body], *, on: date
) -> tuple[Counting, ...]:
    """What an activity would count for that nobody has published yet."""
    desk = _Desk(session, Shelf(session), {})
    if planned.society_id:
        desk.know([planned.society_id], bodies)
    facts = offered.planned_facts(planned, on=on)
    return tuple(desk.planned(body, planned, facts) for body in bodies)


def candidates(
    session: Session,
    policy: Policy,
    *,
    on: date,
    until: date,
    limit: int,
    registry_id: str | None = None,
) -> list[Candidate]:
    """Courses of the catalogue that would count under ``policy`` and end by ``until``.

    The newest ``SCANNED`` courses are looked at; those that can be begun soonest come first. The
    issuer's tags are those that ``registry_id`` gives.
    """
    desk = _Desk(session, Shelf(session), {})
    body = Body(registry_id or "", policy.registry, Grade.ADOPTED)
    found: list[Candidate] = []
    for courses in _newest(session):
        desk.know((course.society_id for course in courses), [body])
        for course in courses:
            made = _candidate(desk, body, policy, course, on=on, until=until)
            if made is not None:
                found.append(made)
    found.sort(key=lambda one: (one.next_start or on, one.course_id))
    return found[:limit]


def _newest(session: Session) -> Iterable[list[Course]]:
    ids = catalogue.newest_course_ids(session, limit=SCANNED)
    for start in range(0, len(ids), _AT_ONCE):
        yield catalogue.get_courses(session, ids[start : start + _AT_ONCE])


def _candidate(
    desk: "_Desk", body: Body, policy: Policy, course: Course, *, on: date, until: date
) -> Candidate | None:
    data = course.data
    if offered.is_over(data, on=on):
        return None
    ways = offered.ways(course.id, data, on=on)
    reckoned = desk.reckon(body, [policy], course, ways)
    if not reckoned or not reckoned[0].decision.outcome.counts:
        return None
    first = reckoned[0]
    if first.facts.completed > until or not first.decision.credited:
        return None
    return Candidate(
        course.id, data.title, first.facts, offered.starts(data, on=on), offered.is_free(data)
    )


@dataclass
class _Desk:
    """Reckons, and looks up each thing that a registry says of an issuer once."""

    session: Session
    shelf: Shelf
    used: Mapping[str, UsedBy]
    _issuers: dict[str, str] = field(default_factory=dict)
    _listings: dict[tuple[str, str], list[IssuerListing]] = field(default_factory=dict)
    _listed: dict[tuple[str, str, date], tuple[tuple[str, ...], Span | None]] = field(
        default_factory=dict
    )

    def know(self, societies: Iterable[str], bodies: Iterable[Body]) -> None:
        """Find the issuers of these societies, and what registries say of them."""
        wanted = set(societies) - self._issuers.keys()
        registries = [one.id for one in bodies if one.grade is Grade.ADOPTED and one.id]
        if not wanted:
            return
        found = trust.issuer_ids(self.session, wanted)
        self._issuers |= dict.fromkeys(wanted, "") | found
        if not registries or not found:
            return
        for one in register.listings_of(self.session, registries, found.values()):
            self._listings.setdefault((one.registry_id, one.issuer_id), []).append(one)

    def count(self, body: Body, course: Course, ways: Sequence[Facts]) -> Counting:
        policies = self.shelf.of(body, ways[0].completed)
        if not policies:
            return Counting(body, doubtful=body.id in self.shelf.doubtful)
        return Counting(body, self.reckon(body, policies, course, ways))

    def planned(self, body: Body, planned: Planned, facts: Facts) -> Counting:
        policies = self.shelf.of(body, facts.completed)
        if not policies:
            return Counting(body, doubtful=body.id in self.shelf.doubtful)
        seen = self._seen(body, planned.society_id or "", (), facts)
        kind = planned.kind
        return Counting(body, self._decided(body, policies, [seen], kind=kind, widen=False))

    def reckon(
        self, body: Body, policies: Sequence[Policy], course: Course, ways: Sequence[Facts]
    ) -> tuple[Reckoned, ...]:
        """What each way would count for under the policy that decides, the worst first."""
        approvals = offered.claimed(course.data)
        seen = [self._seen(body, course.society_id, approvals, facts) for facts in ways]
        return self._decided(body, policies, seen, kind=course.data.kind, widen=True)

    def _decided(
        self,
        body: Body,
        policies: Sequence[Policy],
        ways: Sequence[Facts],
        *,
        kind: str | None,
        widen: bool,
    ) -> tuple[Reckoned, ...]:
        used = self.used.get(body.id)
        found: list[Reckoned] = []
        for facts in ways:
            policy = choose(policies, facts)
            if policy is None:
                continue
            # How it is given is not told, and the policy asks: it may be given in any way.
            open_ = widen and facts.mode is None and offered.asks_how(policy)
            for one in offered.in_any_way(facts, kind) if open_ else (facts,):
                ledger = used(policy, one) if used else _NOTHING_USED
                decision = evaluate(policy, one, ledger, today=one.completed)
                found.append(Reckoned(one, policy, decision))
        return _distinct(found)

    def _seen(
        self, body: Body, society_id: str, claimed: Sequence[tuple[str, str]], facts: Facts
    ) -> Facts:
        """The facts with what the registry adds to them."""
        if body.grade is not Grade.ADOPTED or not body.id:
            return facts
        issuer = self._issuers.get(society_id)
        tags, standing = self._issuer(body.id, issuer, facts.completed) if issuer else ((), None)
        approvals: tuple[Approval, ...] = ()
        if claimed:
            approvals = tuple(register.approvals(self.session, body.id, claimed))
        return replace(facts, issuer_tags=tags, issuer_standing=standing, approvals=approvals)

    def _issuer(
        self, registry_id: str, issuer: str, on: date
    ) -> tuple[tuple[str, ...], Span | None]:
        key = (registry_id, issuer, on)
        if key not in self._listed:
            said = self._listings.get((registry_id, issuer), ())
            self._listed[key] = (register.tags_on(said, on), register.standing_on(said, on))
        return self._listed[key]


def _distinct(found: Sequence[Reckoned]) -> tuple[Reckoned, ...]:
    """The ways that make a difference, the least favourable first."""
    kept: dict[object, Reckoned] = {}
    for one in found:
        decision = one.decision
        kept.setdefault((decision.outcome, decision.credited, decision.reasons), one)
    return tuple(
        sorted(kept.values(), key=lambda one: worth(one.decision.outcome, one.decision.credited))
    )
