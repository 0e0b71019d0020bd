"""The door itself: how a browser comes in with a session, and leaves without.

Every way of signing in ends here, so a session begins in one way only: always a new one, and
whatever the browser came with has ended.
"""

import re
import secrets
from collections.abc import Callable
from datetime import datetime

from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.people import sessions
from app.identity.people.model import Method, Person
from app.platform.requests import client_address
from app.web.account.way_back import named_first, way_back
from app.web.room import Room

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_ASKING_SECONDS = 60 * 60


def let_in(
    request: Request,
    room: Room,
    session: Session,
    person: Person,
    *,
    method: Method,
    then: str,
    at: datetime,
    began: Callable[[str], None] = lambda _secret: None,
) -> Response:
    """Sign a person in and lead on to ``then``, if that is a page of this site.

    The caller has made sure who it is, owns the transaction and gives the answer out after it.
    ``began`` is told the secret of the new session.
    """
    secret = sessions.begin(
        session,
        person.id,
        method=method,
        browser=browser_of(request),
        address=client_address(request),
        at=at,
        instead_of=request.cookies.get(room.guard.cookie),
    )
    began(secret)
    # Who is new here says a name first; the account's page asks for it and leads on.
    onward = way_back(then) if person.name else named_first(then)
    answer = RedirectResponse(onward, 303, {"Cache-Control": "no-store"})
    _keep(answer, room, room.guard.cookie, secret, seconds=int(sessions.LONGEST.total_seconds()))
    return answer


def let_out(room: Room, *, then: str = "/") -> Response:
    """Take the cookie back. The caller has ended its session."""
    answer = RedirectResponse(then, 303, {"Cache-Control": "no-store"})
    _keep(answer, room, room.guard.cookie, "", seconds=0)
    return answer


def browser_of(request: Request) -> str:
    """What the browser says of itself, such as a database and a header can hold it."""
    said = request.headers.get("user-agent", "")
    return "".join(c for c in said if c.isprintable())[:300]


def asking(request: Request, room: Room) -> str | None:
    """What tells this browser from others before it is signed in, if it was given that."""
    found = request.cookies.get(_asking_cookie(room), "")
    return found if _SECRET.fullmatch(found) else None


def give_asking(request: Request, room: Room) -> str:
    """The same, made now if need be; ``keep_asking`` has to hand it over with the answer."""
    return asking(request, room) or secrets.token_urlsafe(32)


def keep_asking(answer: Response, room: Room, secret: str) -> None:
    """Let the browser keep what tells it from others while somebody signs in."""
    _keep(answer, room, _asking_cookie(room), secret, seconds=_ASKING_SECONDS)


def _asking_cookie(room: Room) -> str:
    return f"{room.guard.cookie}-asking"


def _keep(answer: Response, room: Room, name: str, value: str, *, seconds: int) -> None:
    """``Lax``, not ``Strict``: who comes by a link in a mail is to be found signed in."""
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=room.public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
