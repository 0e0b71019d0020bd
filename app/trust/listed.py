"""What a status list says of itself, read before it is verified: whose it is and how old. Pure.

Nothing is believed by this. It decides which copy of a list is kept; whoever verifies a record
checks the list's signature (``app.verification.status``).
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from app.proof import jose
from app.proof.did import did_web_url
from app.proof.errors import ProofError
from app.proof.parse import STATUS_LIST, load_object
from app.proof.times import read_time
from app.verification.reading import identifier, text


@dataclass(frozen=True, slots=True)
class ListSaid:
    """The issuer that an untrusted list names, and from when on it says it is valid."""

    issuer: str
    valid_from: datetime


def list_said(body: bytes) -> ListSaid | None:
    """Read either form of a list; ``None`` when it is neither."""
    try:
        stripped = body.strip()
        if stripped.startswith(b"{"):
            document = load_object(stripped, limits=STATUS_LIST)
        else:
            _, document = jose.read_jwt(stripped.decode("ascii", "replace"), limits=STATUS_LIST)
        issuer = identifier(document.get("issuer"))
        since = read_time(text(document, "validFrom"))
    except ProofError:
        return None
    return None if issuer is None else ListSaid(issuer, since)


def at_home(url: str, *, issuer: str) -> bool:
    """Whether a list's address is at its issuer's own host, by the issuer's did:web."""
    try:
        return urlsplit(url).netloc.lower() == urlsplit(did_web_url(issuer)).netloc
    except (ProofError, ValueError):
        return False
