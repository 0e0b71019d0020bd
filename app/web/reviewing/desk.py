"""For whom the pages of reviewing are: who runs the node, or a society's editors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue.overriding.service import Editor
from app.catalogue.reviewing.service import Word
from app.identity.model import Actor
from app.web.organisation.tabs import shown
from app.web.room import Room

NODE = "/node"
SOCIETY = "/organisations/{organisation_id}"


@dataclass(frozen=True, slots=True)
class Desk:
    """One of the two; ``prefix`` is what its routes begin with."""

    room: Room
    prefix: str
    reader: Callable[..., Actor]
    writer: Callable[..., Actor]

    def base(self, actor: Actor) -> str:
        """What the addresses of its pages begin with."""
        return self.prefix.format(organisation_id=actor.organisation_id)

    def within(self, actor: Actor) -> str | None:
        """The society whose courses alone this is about."""
        return actor.organisation_id if self.prefix == SOCIETY else None

    def word(self, actor: Actor, note: str = "") -> Word:
        return Word(actor.who, self.room.now(), note, self.within(actor))

    def editor(self, actor: Actor) -> Editor:
        return Editor(actor.who, actor.organisation_id, self.within(actor))

    def frame(self, session: Session, actor: Actor, tab: str) -> Mapping[str, Any]:
        """What the templates around a page need."""
        base = self.base(actor)
        if self.prefix == SOCIETY:
            return {**shown(session, actor, tab), "base": base, "frame": "organisation.html"}
        return {"base": base, "frame": "node_frame.html", "current": tab}

    def page(
        self, request: Request, template: str, values: Mapping[str, Any], *, status: int = 200
    ) -> Response:
        return self.room.page(request, template, values, status=status)


def desks(room: Room) -> tuple[Desk, Desk]:
    """Both of them."""
    guard = room.guard
    return (
        Desk(room, NODE, guard.operator, guard.operator),
        Desk(room, SOCIETY, guard.member("catalogue:read"), guard.member("catalogue:write")),
    )
