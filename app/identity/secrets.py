"""Client secrets: made here, shown once, kept as argon2id hashes.

The hash's cost (19 MiB, two passes) is what OWASP's password cheat sheet gives as a floor; with a
secret of 256 random bits it need not be more. Only a few are computed at a time, and whoever would
have to wait long is turned away: or else anybody could use up the node's memory, and all of its
threads, through the token endpoint.
"""

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.platform.problems import Unavailable

PREFIX = "ocpd_"
"""What a secret begins with, so that scanners can find one that was published by mistake."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = threading.BoundedSemaphore(4)
_LONGEST_WAIT_SECONDS = 0.5


class Busy(Unavailable):
    """Too many secrets are being checked at once."""

    code = "busy"


def new_secret() -> str:
    """A secret of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """The argon2id hash to keep in the place of ``secret``."""
    with _at_once:
        return _hasher.hash(secret)


def matches(secret: str, *, secret_hash: str) -> bool:
    """Whether ``secret`` is the one that ``secret_hash`` was made of. Raises ``Busy``."""
    if not _at_once.acquire(timeout=_LONGEST_WAIT_SECONDS):
        raise Busy("Too many tokens are being asked for at once; try again.")
    try:
        return _hasher.verify(secret_hash, secret)
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _at_once.release()
