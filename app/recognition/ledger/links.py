"""A record by its holder's link or a share link of this node: what the registry was handed.

A share that is for looking alone gives nothing to take along.
"""

import re
from datetime import datetime

from sqlalchemy.orm import Session

from app.platform.problems import DomainError, Invalid
from app.records import service as records
from app.records.sharing import service as sharing

_LINK = re.compile(r"/(holder|shared)/([A-Za-z0-9_-]{43})/?")
LONGEST = 500


class LinkUnusable(Invalid):
    """The address leads to no record of this node that may be taken along."""

    code = "link-unusable"


def record_by_link(session: Session, link: str, *, public_url: str, at: datetime) -> bytes:
    """The record that a link of this node leads to. Raises ``LinkUnusable``."""
    path = link.strip().removeprefix(public_url) if len(link) <= LONGEST else ""
    found = _LINK.fullmatch(path)
    if found is None:
        raise LinkUnusable(f"Give a link that begins with {public_url}/shared/ or /holder/.")
    kind, secret = found.groups()
    try:
        if kind == "holder":
            record_id = sharing.enter(session, secret, at=at).record_id
        else:
            share = sharing.look(session, secret, at=at)
            if not share.downloads:
                raise LinkUnusable("The holder shared this record for looking at it alone.")
            record_id = share.record_id
        return records.get_record(session, record_id).json
    except LinkUnusable:
        raise
    except DomainError as error:
        raise LinkUnusable("This link leads nowhere, or not any more.") from error
