"""Whose rules one can ask about, and which of their policies hold on a day.

A registry of this node answers by what it has adopted under its own key, and by nothing else. The
illustrative policies that OpenCPD ships stand beside those: published rules as we read them, which
the body named has not adopted. They are shown where somebody asks for them, marked wherever they
are shown, and nothing is ever ordered by them. Where a registry of this node and an illustrative
policy have one id, the registry is meant.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from app.identity.people import registrations
from app.platform.problems import FieldProblem, Invalid
from app.recognition.adoption import service as adoption
from app.recognition.offering.model import MOST_REGISTRIES, Body, Grade
from app.recognition.policies import shipped
from app.recognition.policies.model import Policy


def registries(session: Session) -> list[Body]:
    """The registries of this node, by name."""
    return [Body(one.id, one.name, Grade.ADOPTED) for one in registrations.registries(session)]


def examples() -> list[Body]:
    """Bodies whose published rules are shown as an illustration, by id."""
    return [_example(name) for name in dict.fromkeys(one.policy_id for one in shipped.policies())]


def _example(name: str) -> Body:
    newest = shipped.versions(name)[-1]
    return Body(name, newest.title or newest.registry, Grade.ILLUSTRATIVE)


def find(session: Session, ids: Sequence[str], *, pointer: str = "/registries") -> list[Body]:
    """The bodies of these ids, each once, in their order. Raises ``Invalid``."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST_REGISTRIES:
        detail = f"Ask about at most {MOST_REGISTRIES} registries at once."
        raise _wrong(FieldProblem(pointer, "too-many", detail))
    known = {one.id: one for one in registries(session)}
    unknown = [name for name in wanted if name not in known and not shipped.versions(name)]
    if unknown:
        detail = f"There is no registry {unknown[0][:63]!r} here; /recognition lists them."
        raise _wrong(FieldProblem(pointer, "registry-unknown", detail))
    return [known.get(name) or _example(name) for name in wanted]


def _wrong(problem: FieldProblem) -> Invalid:
    return Invalid("What it counts for cannot be told like this.", fields=[problem])


@dataclass
class Shelf:
    """The policies of bodies by day, each looked up once."""

    session: Session
    doubtful: set[str] = field(default_factory=set)
    """Registries that have something kept as adopted which is not what they signed."""
    _known: dict[tuple[str, date], Sequence[Policy]] = field(default_factory=dict)
    _adopted: dict[str, Callable[[date], Sequence[Policy]]] = field(default_factory=dict)

    def know(self, bodies: Sequence[Body]) -> None:
        """Look up the versions of all these registries at once."""
        wanted = [one.id for one in bodies if one.grade is Grade.ADOPTED]
        self._adopted |= adoption.by_day(self.session, wanted)

    def of(self, body: Body, on: date) -> Sequence[Policy]:
        """The policies of ``body`` that are in force on that day."""
        key = (body.id, on)
        if key not in self._known:
            self._known[key] = self._read(body, on)
        return self._known[key]

    def _read(self, body: Body, on: date) -> Sequence[Policy]:
        if body.grade is Grade.ADOPTED:
            if body.id not in self._adopted:
                self.know([body])
            try:
                return self._adopted[body.id](on)
            except adoption.PolicyDoubtful:
                self.doubtful.add(body.id)
                return ()
        held = [one for one in shipped.versions(body.id) if one.valid.holds(on)]
        return held[-1:]
