"""What needs a sign-in of just now: whoever finds a browser open must not be able to move in.

A stolen session may read, but not make itself at home by adding a passkey or an address, nor end
the account (OWASP's authentication cheat sheet, "Require re-authentication for sensitive
features").
"""

from datetime import datetime, timedelta

from app.identity.access import SignInNeeded
from app.identity.model import Visitor

FRESH = timedelta(minutes=15)


class SignInAgain(SignInNeeded):
    """Signed in, but too long ago for this; ``web.errors`` leads a browser to the door."""

    code = "sign-in-again"


def is_fresh(visitor: Visitor, *, at: datetime) -> bool:
    """Whether the visitor signed in within the last quarter of an hour."""
    return at - visitor.signed_in_at < FRESH


def need_fresh(visitor: Visitor, *, at: datetime) -> None:
    """Raises ``SignInAgain`` unless the visitor signed in within the last quarter of an hour."""
    if not is_fresh(visitor, at=at):
        raise SignInAgain("For this, sign in once more: the last time is too long ago.")
