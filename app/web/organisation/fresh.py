"""Making an owner takes a sign-in of just now, as adding a passkey does.

Whoever finds a browser open may not move in for good, neither into the account nor into the
organisation: an owner can be got rid of only by another.
"""

from collections.abc import Collection

from starlette.requests import Request

from app.identity.access import SignInNeeded
from app.identity.model import Role
from app.identity.signin.freshness import need_fresh
from app.web.room import Room


def need_fresh_for(roles: Collection[str], request: Request, room: Room) -> None:
    """Raise ``SignInAgain`` where one of the roles is an owner's and the sign-in is not fresh."""
    if Role.OWNER in roles:
        visitor = room.guard.visitor(request)
        if visitor is None:
            raise SignInNeeded("This page is for people who are signed in.")
        need_fresh(visitor, at=room.now())
