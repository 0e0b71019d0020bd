"""What the routes of publishing have in common: whose courses, which bodies, how they look."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.identity import rules as access
from app.identity.access import Forbidden, Guard
from app.identity.model import Actor
from app.platform.db import Database
from app.platform.problems import DomainError
from app.publishing import rules, service
from app.publishing.model import Conditions, Place, Pushed
from app.publishing.service import Allowance, Push

JSON = "application/json"


class UnsupportedMedia(DomainError):
    """The body is of a kind that is not taken here."""

    code = "unsupported-media-type"
    status = 415


@dataclass(frozen=True, slots=True)
class Room:
    """What every route is handed."""

    database: Database
    guard: Guard
    quota: int
    now: Callable[[], datetime]

    def place(self, session: Session, actor: Actor, society_id: str, scope: str) -> Place:
        """Where this actor's courses are. Raises ``Forbidden``, ``NotFound``."""
        if not access.may(actor, scope, society_id):
            raise Forbidden("A client publishes and reads the courses of its own society alone.")
        return service.society_place(session, society_id, sandbox=actor.sandbox)

    def push(
        self, session: Session, actor: Actor, society_id: str, *, conditions: Conditions
    ) -> Push:
        """One push by this actor. Raises what ``place`` raises."""
        place = self.place(session, actor, society_id, "catalogue:write")
        return Push(place, actor.who, self.now(), Allowance(self.quota), conditions)

    @staticmethod
    def is_known(if_none_match: str, pushed: Pushed) -> bool:
        """Whether the caller has this version already (RFC 9110 §13.1.2)."""
        return rules.names(if_none_match, pushed)


def refuse_other_kinds(request: Request, kinds: Collection[str]) -> None:
    """Raises ``UnsupportedMedia`` for a body of another kind, or one that is compressed."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in kinds:
        raise UnsupportedMedia(f"Send {' or '.join(kinds)}, and say so in Content-Type.")
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        raise UnsupportedMedia("Send the body as it is, without a Content-Encoding.")


def whole_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON schema with everything it refers to in its place."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            name = str(value.get("$ref", "")).removeprefix("#/$defs/")
            return filled(definitions[name]) if name else {k: filled(v) for k, v in value.items()}
        return [filled(one) for one in value] if isinstance(value, list) else value

    made: dict[str, Any] = filled(schema)
    return made
