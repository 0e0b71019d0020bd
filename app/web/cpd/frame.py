"""What the pages of an engineer's development share: whose they are, and how they are framed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity import service as identity
from app.identity.model import Visitor
from app.platform.problems import DomainError, NotFound
from app.recognition.adoption.service import PolicyDoubtful
from app.recognition.ledger.service import Desk, NoPolicy
from app.recognition.planning.outlook import Outlook, outlook, registrant_of
from app.recognition.planning.peers import PeerFigures
from app.recognition.register import service as register
from app.recognition.register.service import Registrant
from app.web.account.tabs import TABS
from app.web.cpd.saying import Saying, of_reader
from app.web.cpd.showing import Card, card
from app.web.room import Room

HOME = "/account/cpd"


@dataclass(frozen=True, slots=True)
class Study:
    """What each page module is handed: the room of signed-in pages, and where records go in."""

    room: Room
    desk: Desk
    peers: PeerFigures

    def page(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any],
        *,
        trouble: DomainError | None = None,
    ) -> Response:
        """A page of this tab, also with what was wrong in a form on it."""
        wrong = {one.pointer.strip("/"): one.detail for one in trouble.fields} if trouble else {}
        frame = {"account_tabs": TABS, "current": "cpd", "trouble": trouble, "wrong": wrong}
        status = trouble.status if trouble else 200
        return self.room.page(request, template, {**frame, **values}, status=status)

    def saying(self, session: Session, visitor: Visitor) -> Saying:
        """The words of who reads."""
        return of_reader(session, visitor, self.room.site.locale)


def mine(session: Session, visitor: Visitor, registrant_id: str) -> Registrant:
    """A registrant who the visitor is, as the registry confirmed. Raises ``NotFound``."""
    return registrant_of(session, visitor.person_id, registrant_id)


def registry_name(session: Session, registry_id: str) -> str:
    """What a registry is called; its id where it has left the node."""
    try:
        return identity.get_organisation(session, registry_id).name
    except NotFound:
        return registry_id


def looks(
    session: Session, visitor: Visitor, *, at: datetime
) -> tuple[Sequence[Outlook], Sequence[Registrant]]:
    """How a person stands with each registry, and where no policy says how."""
    found, without = [], []
    for one in register.of_person(session, visitor.person_id):
        try:
            found.append(outlook(session, one, at=at))
        except (NoPolicy, PolicyDoubtful):
            without.append(one)
    return found, without


def cards(
    session: Session, visitor: Visitor, say: Saying, *, at: datetime
) -> tuple[Sequence[Card], Sequence[tuple[Registrant, str]]]:
    """The same, to be shown, with the names of the registries."""
    found, without = looks(session, visitor, at=at)
    shown = [card(one, registry_name(session, one.registrant.registry_id), say) for one in found]
    return shown, [(one, registry_name(session, one.registry_id)) for one in without]
