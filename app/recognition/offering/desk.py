"""Reckons: puts facts, what a registry says of an issuer, and its policies together.

Everything is looked up once for all courses that are asked about. What one course comes to in one
registry is remembered in the process by everything that it rests on: the course's version, the
policies' hashes, the issuer's tags and days, the approvals. When one of these changes, the old
result is not found any more; it is never looked for by time.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy.orm import Session

from app.catalogue import Course
from app.catalogue import service as catalogue
from app.recognition.deciding.choosing import choose
from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.model import Approval, Facts, Ledger
from app.recognition.offering import facts as offered
from app.recognition.offering.bodies import Shelf
from app.recognition.offering.facts import Offered
from app.recognition.offering.model import Body, Counting, Grade, Reckoned, worth
from app.recognition.policies.model import Policy, Span
from app.recognition.register import service as register
from app.recognition.register.model import IssuerListing
from app.trust import service as trust

UsedBy: TypeAlias = Callable[[Policy, Facts], Ledger]
"""What somebody has used under a policy, as far as it bears on these facts."""
_NOTHING_USED = Ledger()
_Made = TypeVar("_Made")


class Remembered(Generic[_Made]):
    """Results by what they rest on, so many and no more; when it is full it begins anew."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Hashable, _Made] = {}

    def get(self, key: Hashable) -> _Made | None:
        return self._kept.get(key)

    def put(self, key: Hashable, made: _Made) -> _Made:
        if len(self._kept) >= self._most:
            self._kept = {}
        self._kept[key] = made
        return made

    def forget(self) -> None:
        """Make everything anew, as after a start."""
        self._kept = {}


READ: Remembered[Offered] = Remembered(5_000)
"""Courses as they were read, by id, version and day."""
RECKONED: Remembered[tuple[Reckoned, ...]] = Remembered(5_000)


def read_courses(session: Session, ids: Sequence[str], *, on: date) -> list[Offered]:
    """The live courses of these ids, in their order, as what their completion would be."""
    versions = catalogue.live_versions(session, ids)
    found = {one: READ.get((one, version, on)) for one, version in versions.items()}
    missing = [one for one, read in found.items() if read is None]
    for course in catalogue.get_courses(session, missing) if missing else ():
        found[course.id] = read_course(course, on=on)
    asked = (found.get(one) for one in dict.fromkeys(ids))
    return [one for one in asked if one is not None]


def read_course(course: Course, *, on: date) -> Offered:
    """A course as what its completion would be."""
    key = (course.id, course.version, on)
    return READ.get(key) or READ.put(key, Offered.of(course, on=on))


@dataclass
class Desk:
    """One look at what registries say, for all that is asked."""

    session: Session
    shelf: Shelf
    used: Mapping[str, UsedBy] = field(default_factory=dict)
    """By registry, what one registrant has used already."""
    _issuers: dict[str, str] = field(default_factory=dict)
    _listings: dict[tuple[str, str], list[IssuerListing]] = field(default_factory=dict)
    _listed: dict[tuple[str, str, date], tuple[tuple[str, ...], Span | None]] = field(
        default_factory=dict
    )

    def know(self, societies: Iterable[str], bodies: Collection[Body]) -> None:
        """Find the issuers of these societies, and what registries say of them and of all else."""
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

    def count(self, body: Body, course: Offered) -> Counting:
        """What a course would count for in one body."""
        policies = self.shelf.of(body, course.completed)
        if not policies:
            return Counting(body, doubtful=body.id in self.shelf.doubtful)
        return Counting(body, self.reckon(body, policies, course))

    def count_facts(self, body: Body, facts: Facts, *, society_id: str) -> Counting:
        """What an activity of these very facts would count for."""
        policies = self.shelf.of(body, facts.completed)
        if not policies:
            return Counting(body, doubtful=body.id in self.shelf.doubtful)
        seen = self._seen(body, society_id, facts.completed)
        return Counting(body, self._decided(body, policies, [replace(facts, **seen)]))

    def reckon(
        self, body: Body, policies: Sequence[Policy], course: Offered
    ) -> tuple[Reckoned, ...]:
        """What each way would count for under the policy that decides, the worst first."""
        asks = any(one.approval is not None for one in policies)
        claimed = course.claimed if asks else ()
        seen = self._seen(body, course.society_id, course.completed, claimed=claimed)
        by = tuple((one.hash, one.status) for one in policies)
        key = (body.id, course.course_id, course.version, course.on, by, *seen.values())
        found = None if body.id in self.used else RECKONED.get(key)
        if found is None:
            ways = [replace(facts, **seen) for facts in course.ways]
            found = self._decided(body, policies, ways, course=course)
            if body.id not in self.used:
                RECKONED.put(key, found)
        return found

    def _decided(
        self,
        body: Body,
        policies: Sequence[Policy],
        ways: Sequence[Facts],
        *,
        course: Offered | None = None,
    ) -> tuple[Reckoned, ...]:
        used = self.used.get(body.id)
        found: list[Reckoned] = []
        for facts in ways:
            policy = choose(policies, facts)
            if policy is None:
                continue
            # How it is given is not told, and the policy asks: it may be given in any way.
            open_ = course is not None and facts.mode is None and offered.asks_how(policy)
            for one in offered.in_any_way(facts, course.kind) if course and open_ else (facts,):
                ledger = used(policy, one) if used else _NOTHING_USED
                decision = evaluate(policy, one, ledger, today=one.completed)
                found.append(Reckoned(one, policy, decision))
        return _distinct(found)

    def _seen(
        self,
        body: Body,
        society_id: str,
        on: date,
        *,
        claimed: Sequence[tuple[str, str]] = (),
    ) -> dict[str, Any]:
        """What the registry adds to the facts; nothing where there is no registry."""
        if body.grade is not Grade.ADOPTED or not body.id:
            return {}
        issuer = self._issuers.get(society_id)
        tags, standing = self._issuer(body.id, issuer, on) if issuer else ((), None)
        approvals: tuple[Approval, ...] = ()
        if claimed:
            approvals = register.approvals(self.session, body.id, claimed, issuer_id=issuer or None)
        return {"issuer_tags": tags, "issuer_standing": standing, "approvals": approvals}

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
    kept: dict[object, list[Reckoned]] = {}
    for one in found:
        decision = one.decision
        kept.setdefault((decision.outcome, decision.credited, decision.reasons), []).append(one)
    made = [
        replace(alike[0], modes=tuple(one.facts.mode for one in alike)) for alike in kept.values()
    ]
    return tuple(sorted(made, key=lambda one: worth(one.decision.outcome, one.decision.credited)))
