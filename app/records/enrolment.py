"""A society joins this node: known to the catalogue, able to act, able to issue.

One use case over three domains, so that no society is half here.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.catalogue.model import NewSociety, Society
from app.identity import service as identity
from app.identity.model import Kind
from app.trust import service as trust
from app.trust.signer import Signer


def enrol(
    session: Session,
    new: NewSociety,
    *,
    signer: Signer,
    public_url: str,
    at: datetime,
    issues: bool = True,
) -> Society:
    """Enter a society and, when it ``issues``, make its keys.

    Raises ``Invalid`` naming each bad field, ``Conflict`` for an id that is taken, and
    ``KeyLocked`` when it is to issue and this node has no passphrase for keys.
    """
    society = catalogue.add_society(session, new, at=at)
    name = society.names.get("en") or next(iter(society.names.values()))
    identity.add_organisation(session, id=society.id, kind=Kind.SOCIETY, name=name, at=at)
    if issues:
        trust.add_issuer(
            session,
            signer,
            society_id=society.id,
            name=name,
            url=society.url,
            public_url=public_url,
            at=at,
        )
    return society
