"""Use cases: how an engineer stands with a registry, and the shortest way through the cycle.

The ledger says how the cycle stands; the catalogue offers what would count; the path is reckoned
over both. Nothing is promised: the registry decides, once there is a record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from sqlalchemy.orm import Session

from app.platform.problems import NotFound
from app.recognition.adoption import service as adoption
from app.recognition.deciding.choosing import choose
from app.recognition.deciding.model import Totals
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import CycleView
from app.recognition.offering import service as offering
from app.recognition.offering.model import Candidate
from app.recognition.planning.model import CapLeft, Option, Path, Standing
from app.recognition.planning.options import (
    OpenActivity,
    caps_ahead,
    of_course,
    open_options,
)
from app.recognition.planning.path import out_of_reach, shortest
from app.recognition.policies.model import Anchor, Policy
from app.recognition.register import service as register
from app.recognition.register.service import Registrant

MOST_COURSES = 120
"""Of how many courses of the catalogue a path is made."""
HORIZON = timedelta(days=365)
"""How far ahead is planned where a cycle has no end of its own."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """How somebody stands with one registry."""

    registrant: Registrant
    view: CycleView
    today: date
    """Where the registry is."""
    until: date
    """The last day on which something can still count."""

    @property
    def totals(self) -> Totals:
        """What there is, with what was carried in."""
        totals = self.view.totals
        return replace(totals, total=totals.total + self.view.carry_in)

    @property
    def rolls(self) -> bool:
        """Whether the cycle is always the time that ends today."""
        cycle = self.view.policy.cycle
        return cycle is not None and cycle.anchor is Anchor.ROLLING


@dataclass(frozen=True, slots=True)
class Proposed:
    """A path, and what its steps are."""

    path: Path
    courses: Mapping[str, Candidate]
    """By the activity of an option."""
    open: Mapping[str, OpenActivity]
    """By the id of an option."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would close the gaps."""

    least: Proposed
    """With open activities alone: so much it is at the very least."""
    courses: Proposed
    """With courses of the catalogue, and open activities where no course closes a gap."""
    rest: Proposed | None
    """What remains after those, in open activities; ``None`` where nothing does."""
    looked_at: int
    """How many courses were looked at."""


def registrant_of(session: Session, person_id: str, registrant_id: str) -> Registrant:
    """A registrant who the person is, as the registry confirmed. Raises ``NotFound``."""
    for one in register.of_person(session, person_id):
        if one.id == registrant_id:
            return one
    raise NotFound("No registry has confirmed that you are this registrant.")


def outlook(session: Session, registrant: Registrant, *, at: datetime) -> Outlook:
    """How a registrant stands today. Raises ``NoPolicy``."""
    today = ledger.today_of(session, registrant.registry_id, at)
    view = ledger.cycle_view(session, registrant, on=today)
    last = view.span.last
    until = last if last is not None and last > today else today + HORIZON
    return Outlook(registrant, view, today, until)


def plan(session: Session, look: Outlook) -> Plan | None:
    """The shortest way to close what is open; ``None`` where the policy has no cycle."""
    policy = look.view.policy
    if policy.cycle is None:
        return None
    in_force = adoption.in_force(session, look.registrant.registry_id, on=look.today)
    policies = {one.policy_id: one for one in (*in_force, policy)}
    standing = Standing(look.totals, tuple(_caps(look, list(policies.values()))))
    offered, options = _courses(session, look, list(policies.values()), standing.caps)
    # What no course can close, such as ethics where no course is marked so, is bridged at once: the
    # hours count towards the total too, and the courses need not fill them.
    far = out_of_reach(policy, standing, options) if options else frozenset()
    bridges, known = open_options(policy, standing.totals, day=look.today, only=far)
    by_course = shortest(policy, standing, [*options, *bridges])
    rest = None
    if not by_course.compliance.compliant:
        rest = _open(policy, _after(standing, by_course), look)
    return Plan(
        least=_open(policy, standing, look),
        courses=Proposed(by_course, offered, known),
        rest=rest,
        looked_at=len(offered),
    )


def _caps(look: Outlook, policies: Sequence[Policy]) -> list[CapLeft]:
    """What every cap of these policies leaves, from today to the last day."""
    found: list[CapLeft] = []
    for policy in policies:
        used = {one.id: one.used for one in look.view.caps if one.policy_id == policy.policy_id}
        found += caps_ahead(
            policy,
            used,
            today=look.today,
            until=look.until,
            registered_on=look.registrant.registered_on,
        )
    return found


def _courses(
    session: Session, look: Outlook, policies: Sequence[Policy], caps: Sequence[CapLeft]
) -> tuple[dict[str, Candidate], list[Option]]:
    """Courses that would count, each under the policy that would decide on it."""
    registry_id = look.registrant.registry_id
    done = _done(look)
    offered: dict[str, Candidate] = {}
    options: list[Option] = []
    for policy in policies:
        found = offering.candidates(
            session,
            policy,
            on=look.today,
            until=look.until,
            limit=MOST_COURSES,
            registry_id=registry_id,
        )
        for course in found:
            decides = choose(policies, course.facts)
            if course.course_id in done or decides is None or decides.hash != policy.hash:
                continue
            offered[course.course_id] = course
            options += of_course(policy, course, caps, today=look.today, until=look.until)
    return offered, options


def _done(look: Outlook) -> frozenset[str]:
    """Courses of this node of which there is a record in the cycle: nobody takes one twice."""
    keys = (one.facts.activity_key or "" for one in look.view.decisions)
    parts = [key.split("|") for key in keys]
    named = (each[1] for each in parts if len(each) > 1 and "/courses/" in each[1])
    return frozenset(one.rpartition("/courses/")[2].partition("?")[0] for one in named)


def _open(policy: Policy, standing: Standing, look: Outlook) -> Proposed:
    options, known = open_options(policy, standing.totals, day=look.today)
    return Proposed(shortest(policy, standing, options), {}, known)


def _after(standing: Standing, path: Path) -> Standing:
    """How the cycle stands once a path has been taken."""
    left = [one.left for one in standing.caps]
    for taken in path.taken:
        for place, one in enumerate(standing.caps):
            if one.bears_on(taken.option):
                left[place] = max(Fraction(0), left[place] - taken.credited)
    caps = (replace(one, left=amount) for one, amount in zip(standing.caps, left, strict=True))
    return Standing(path.totals, tuple(caps))
