"""Use cases: what courses and planned activities would count for, and where.

Everything here supposes that there will be a record, rightly signed, valid and the registrant's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy.orm import Session

from app.catalogue import Course
from app.catalogue import service as catalogue
from app.recognition.offering import facts as offered
from app.recognition.offering.bodies import Shelf
from app.recognition.offering.desk import Desk, UsedBy, read_course, read_courses
from app.recognition.offering.facts import Offered
from app.recognition.offering.model import Body, Candidate, Counting, Grade, Planned
from app.recognition.policies.model import Policy

SCANNED = 2_000
"""How many courses are looked at, at most, for those that would count."""
_AT_ONCE = 500


def counts_for(
    session: Session,
    course: Course,
    bodies: Sequence[Body],
    *,
    on: date,
    used: Mapping[str, UsedBy] | None = None,
) -> tuple[Counting, ...]:
    """What a course would count for in each body, in their order.

    ``used`` gives, by registry, what one registrant has used already.
    """
    desk = Desk(session, Shelf(session), used or {})
    return _counted(desk, [read_course(course, on=on)], bodies)[course.id]


def many_count_for(
    session: Session, course_ids: Sequence[str], bodies: Sequence[Body], *, on: date
) -> dict[str, tuple[Counting, ...]]:
    """The same of many courses, by their ids; those that are not live are absent."""
    courses = read_courses(session, course_ids, on=on)
    return _counted(Desk(session, Shelf(session)), courses, bodies)


def _counted(
    desk: Desk, courses: Sequence[Offered], bodies: Sequence[Body]
) -> dict[str, tuple[Counting, ...]]:
    desk.shelf.know(bodies)
    desk.know((one.society_id for one in courses), bodies)
    return {one.course_id: tuple(desk.count(body, one) for body in bodies) for one in courses}


def count_planned(
    session: Session, planned: Planned, bodies: Sequence[Body], *, on: date
) -> tuple[Counting, ...]:
    """What an activity would count for that nobody has published yet."""
    desk = Desk(session, Shelf(session))
    society_id = planned.society_id or ""
    desk.shelf.know(bodies)
    desk.know([society_id] if society_id else [], bodies)
    facts = offered.planned_facts(planned, on=on)
    return tuple(desk.count_facts(body, facts, society_id=society_id) for body in bodies)


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
    desk = Desk(session, Shelf(session))
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
    desk: Desk, body: Body, policy: Policy, course: Course, *, on: date, until: date
) -> Candidate | None:
    data = course.data
    if offered.is_over(data, on=on):
        return None
    reckoned = desk.reckon(body, [policy], Offered.of(course, on=on))
    if not reckoned or not reckoned[0].decision.outcome.counts:
        return None
    first = reckoned[0]
    if first.facts.completed > until or not first.decision.credited:
        return None
    return Candidate(
        course.id, data.title, first.facts, offered.starts(data, on=on), offered.is_free(data)
    )
