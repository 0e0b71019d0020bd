"""What one course would count for, as its page shows it: the reader's own registries first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import Course
from app.identity.model import Visitor
from app.identity.people import registrations
from app.recognition.offering import bodies, service
from app.recognition.offering.model import Counting
from app.recognition.offering.needs import Outlook, outlook


@dataclass(frozen=True, slots=True)
class Counted:
    """What a course would count for in one registry, with what surrounds it."""

    counting: Counting
    outlook: Outlook | None


@dataclass(frozen=True, slots=True)
class OnPage:
    """Everything that a course's page says about counting."""

    own: tuple[Counted, ...]
    adopted: tuple[Counted, ...]
    examples: tuple[Counted, ...]


def course(session: Session, found: Course, visitor: Visitor | None, *, at: datetime) -> OnPage:
    """What the course would count for in every registry that has rules here."""
    known = bodies.registries(session)
    own_ids = _own(session, visitor)
    own = [one for one in known if one.id in own_ids]
    others = [one for one in known if one.id not in own_ids]
    groups = (own, others, bodies.examples())
    asked = [one for group in groups for one in group]
    counted = service.counts_for(session, [found], asked, on=at.date())[found.id]
    made = {(one.body.id, one.body.grade): with_outlook(one) for one in counted}
    return OnPage(*(tuple(made[one.id, one.grade] for one in group) for group in groups))


def with_outlook(counting: Counting) -> Counted:
    """A result with what stands in its way."""
    first = counting.first
    return Counted(counting, outlook(first) if first else None)


def _own(session: Session, visitor: Visitor | None) -> list[str]:
    if visitor is None:
        return []
    return [one.registry_id for one in registrations.of_person(session, visitor.person_id)]
