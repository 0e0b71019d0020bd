"""Use cases: give a holder a link and take it back; share a record and end that.

A share's secret is made from the holder's own (HMAC-SHA256 over the share's id), so that the
holder's page can show its address again although nothing here keeps it; to everybody else it is as
random. A renewed holder's link cannot tell the addresses of older shares, but it can end them.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.ids import new_id
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.proof.encoding import base64url_encode
from app.records.sharing import store
from app.records.sharing.model import SECRET, HolderLink, NewShare, ShareLink

LONGEST_LABEL = 80
LONGEST_SHARE = timedelta(days=732)
MOST_OPEN = 50


class NoLink(NotFound):
    """No link has this secret, or the one that had it has ended: the answer is the same."""

    def __init__(self) -> None:
        super().__init__("This link shows nothing. It may have ended, or been cut short.")


class TooMany(Conflict):
    """The record has as many open share links as it may have."""

    code = "too-many-shares"


def renew_holder_link(
    session: Session, record_id: str, *, ends_at: datetime | None, at: datetime, who: str
) -> HolderLink:
    """A new link with its secret; the one before, if there was one, ends. Raises ``Invalid``."""
    if ends_at is not None and ends_at <= at:
        raise Invalid(
            "The link would have ended before it began.",
            fields=[FieldProblem("/ends_at", "time-order", "Give a time that is still to come.")],
        )
    before = end_holder_link(session, record_id, at=at, who=who)
    link = HolderLink(new_id(), record_id, at, ends_at, secret=secrets.token_urlsafe(32))
    store.insert_holder_link(session, link, secret_hash=_hash(link.secret))
    after = {"link": link.id, "renewed": before}
    audit.record(
        session, who=who, action="record.holder-link", subject=f"record:{record_id}", at=at,
        after=after, organisation_id=store.society_of(session, record_id),
    )  # fmt: skip
    return link


def end_holder_link(session: Session, record_id: str, *, at: datetime, who: str) -> bool:
    """End a record's link; false when there was none to end. Shares stay as they are."""
    ended = store.end_holder_links(session, record_id, at=at)
    for link_id in ended:
        audit.record(
            session, who=who, action="record.holder-link.end", subject=f"record:{record_id}", at=at,
            before={"link": link_id}, organisation_id=store.society_of(session, record_id),
        )  # fmt: skip
    return bool(ended)


def holder_link(session: Session, record_id: str, *, at: datetime) -> HolderLink:
    """A record's link without its secret. Raises ``NotFound``."""
    found = store.newest_holder_link(session, record_id)
    if found is None or not found.open(at=at):
        raise NotFound("The record has no holder's link; make one with POST.")
    return found


def enter(session: Session, secret: str, *, at: datetime) -> HolderLink:
    """The holder's link with this secret. Raises ``NoLink``."""
    found = None
    if SECRET.fullmatch(secret):
        found = store.find_holder_link(session, secret_hash=_hash(secret))
    if found is None or not found.open(at=at):
        raise NoLink
    return replace(found, secret=secret)


def look(session: Session, secret: str, *, at: datetime) -> ShareLink:
    """The share link with this secret. Raises ``NoLink``."""
    found = None
    if SECRET.fullmatch(secret):
        found = store.find_share(session, secret_hash=_hash(secret))
    if found is None or not found.open(at=at):
        raise NoLink
    return replace(found, secret=secret)


def shares(session: Session, link: HolderLink, *, at: datetime) -> Sequence[ShareLink]:
    """The open shares of the link's record, with secrets where this link made them."""
    return [
        replace(share, secret=_share_secret(link.secret, share.id))
        if share.holder_link_id == link.id
        else share
        for share in store.shares(session, link.record_id)
        if share.open(at=at)
    ]


def add_share(session: Session, link: HolderLink, new: NewShare, *, at: datetime) -> ShareLink:
    """Share the record. Raises ``Invalid`` naming each bad field, and ``TooMany``."""
    label = " ".join(new.label.split())
    problems = []
    if not label or len(label) > LONGEST_LABEL or not label.isprintable():
        detail = f"Say in up to {LONGEST_LABEL} characters who it is for."
        problems.append(FieldProblem("label", "label", detail))
    if not at < new.ends_at <= at + LONGEST_SHARE:
        detail = "Choose a day to come, within two years."
        problems.append(FieldProblem("until", "time-order", detail))
    if problems:
        raise Invalid("The record cannot be shared like this.", fields=problems)
    if store.count_open(session, link.record_id, at=at) >= MOST_OPEN:
        raise TooMany(f"There are {MOST_OPEN} share links; end one that is not needed any more.")
    share_id = new_id()
    share = ShareLink(
        share_id,
        link.record_id,
        link.id,
        label,
        new.downloads,
        at,
        new.ends_at,
        secret=_share_secret(link.secret, share_id),
    )
    store.insert_share(session, share, secret_hash=_hash(share.secret))
    _note(session, link, "record.share", share_id, at=at)
    return share


def end_share(session: Session, link: HolderLink, share_id: str, *, at: datetime) -> None:
    """End a share; twice is the same as once."""
    if store.end_share(session, share_id, record_id=link.record_id, at=at):
        _note(session, link, "record.share.end", share_id, at=at)


def _note(session: Session, link: HolderLink, action: str, share_id: str, *, at: datetime) -> None:
    audit.record(
        session,
        who=f"holder-link:{link.id}",
        action=action,
        subject=f"record:{link.record_id}",
        organisation_id=store.society_of(session, link.record_id),
        at=at,
        after={"share": share_id},
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _share_secret(holder_secret: str, share_id: str) -> str:
    made = hmac.digest(holder_secret.encode(), f"opencpd share {share_id}".encode(), "sha256")
    return base64url_encode(made)
