"""What one course would count for, as its page shows it: the reader's own registries first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import Course
from app.identity.model import Visitor
from app.identity.people import registrations
from app.platform.problems import DomainError
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import CycleView
from app.recognition.offering import bodies, service
from app.recognition.offering.filling import Filled, filled, used_of
from app.recognition.offering.model import Counting
from app.recognition.offering.needs import Outlook, outlook
from app.recognition.register import service as register


@dataclass(frozen=True, slots=True)
class Counted:
    """What a course would count for in one registry, with what surrounds it."""

    counting: Counting
    outlook: Outlook | None
    filled: Filled | None = None
    """What it fills in the reader's cycle, where the registry has confirmed who the reader is."""


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
    views = _views(session, visitor, at=at)
    used = {registry_id: used_of(view) for registry_id, view in views.items()}
    counted = service.counts_for(session, found, asked, on=at.date(), used=used)
    made = {
        (one.body.id, one.body.grade): with_outlook(one, view=views.get(one.body.id))
        for one in counted
    }
    return OnPage(*(tuple(made[one.id, one.grade] for one in group) for group in groups))


def with_outlook(counting: Counting, *, view: CycleView | None = None) -> Counted:
    """A result with what stands in its way, and what it fills in the cycle of ``view``."""
    first = counting.first
    if first is None:
        return Counted(counting, None)
    return Counted(counting, outlook(first), filled(view, first) if view else None)


def _own(session: Session, visitor: Visitor | None) -> list[str]:
    if visitor is None:
        return []
    return [one.registry_id for one in registrations.of_person(session, visitor.person_id)]


def _views(session: Session, visitor: Visitor | None, *, at: datetime) -> dict[str, CycleView]:
    """The cycles of the registrants whom registries have confirmed this person to be."""
    found: dict[str, CycleView] = {}
    for registrant in register.of_person(session, visitor.person_id) if visitor else ():
        try:
            today = ledger.today_of(session, registrant.registry_id, at)
            found[registrant.registry_id] = ledger.cycle_view(session, registrant, on=today)
        except DomainError:  # no rules, or doubtful ones: then there is no cycle to fill
            continue
    return found
