"""What the pages of a society's feeds have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.harvest.inspecting.desk import LookDesk
from app.harvest.model import Window
from app.harvest.registry import Registry
from app.identity.model import Actor
from app.platform.problems import DomainError, FieldProblem, Invalid, NotFound
from app.web.organisation.tabs import shown
from app.web.room import Room

SCOPE = "catalogue:write"
BASE = "/organisations/{organisation_id}/sources"
ON_A_PAGE = 50
SourceId = Annotated[str, Path(max_length=36, pattern="^[a-z0-9-]+$")]
RunId = Annotated[str, Path(max_length=36, pattern="^[a-z0-9-]+$")]
Text = Annotated[str, Query(max_length=200)]
FORM_BYTES = 128 * 1024
"""Room for settings written as JSON."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Where these pages get what they show, and show it."""

    room: Room
    looks: LookDesk

    @property
    def registry(self) -> Registry:
        """The connectors of this node."""
        return self.looks.registry

    def frame(self, session: Session, actor: Actor) -> Mapping[str, Any]:
        """What ``organisation.html`` needs."""
        return {
            **shown(session, actor, "sources"),
            "base": f"/organisations/{actor.organisation_id}/sources",
        }

    def page(
        self, request: Request, template: str, values: Mapping[str, Any],
        trouble: DomainError | None = None,
    ) -> Response:  # fmt: skip
        """A page, also with what was wrong in a form on it."""
        wrong = {one.pointer.strip("/"): one.detail for one in trouble.fields} if trouble else {}
        told = {"trouble": trouble, "wrong": wrong, **values}
        return self.room.page(request, template, told, status=trouble.status if trouble else 200)

    def do(
        self, change: Callable[[Session], Any], *, then: str,
        otherwise: Callable[[DomainError], Response],
    ) -> Response:  # fmt: skip
        """Change something and go on to a page; back to the form with what was wrong."""
        try:
            with self.room.database.write() as session:
                change(session)
        except NotFound:
            raise
        except DomainError as error:
            return otherwise(error)
        return RedirectResponse(then, 303)


async def texts_of(request: Request) -> dict[str, str]:
    """The texts of a form that was sent; names may have been made by a connector's settings."""
    async with request.form(max_files=0, max_fields=200, max_part_size=FORM_BYTES) as form:
        return {name: one for name, one in form.items() if isinstance(one, str)}


async def many_of(request: Request, name: str) -> list[str]:
    """All texts of one name."""
    async with request.form(max_files=0, max_fields=200, max_part_size=FORM_BYTES) as form:
        return [one for one in form.getlist(name) if isinstance(one, str)]


def rhythm(texts: Mapping[str, str]) -> int | None:
    """The hours between runs; ``None`` for "by hand". Raises ``Invalid``."""
    text = texts.get("every_hours", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        mend = "Give a number of hours, or leave it empty."
        raise Invalid(
            "The hours cannot be read.", fields=[FieldProblem("every_hours", "hours", mend)]
        )
    return int(text)


def window(texts: Mapping[str, str]) -> Window | None:
    """The time of day in which runs begin, if one was given."""
    opens, closes = texts.get("opens", "").strip(), texts.get("closes", "").strip()
    if not opens and not closes:
        return None
    return Window(opens, closes, texts.get("timezone", "").strip() or "UTC")
