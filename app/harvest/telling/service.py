"""Use cases of telling: who is told when, what was told, how a source does. The caller commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.harvest.model import Source
from app.harvest.telling import store
from app.harvest.telling.letters import Post, send_due
from app.harvest.telling.model import Contact, Reports, Summary
from app.harvest.telling.summing import codes_of, contacts_of, quality_of, sum_all
from app.identity import audit
from app.identity.people import store as people
from app.platform.db import Database
from app.platform.problems import FieldProblem, Invalid

__all__ = [
    "Post",
    "codes_of",
    "contacts_of",
    "get_reports",
    "latest",
    "letters",
    "quality_of",
    "set_reports",
    "summaries",
    "work",
]

MOST_CONTACTS = 50


def work(database: Database, post: Post, *, at: datetime) -> int:
    """Sum up what has ended and send what waits; says how much that was."""
    with database.alone("run reports") as mine:
        done = sum_all(database, at=at) if mine else 0
    return done + send_due(database, post, at=at)


def summaries(session: Session, source_id: str, *, limit: int = 30) -> list[Summary]:
    """What the source's runs left behind, the newest first."""
    return store.summaries(session, source_id, limit=limit)


def latest(session: Session, source_ids: Sequence[str]) -> dict[str, Summary]:
    """The newest summary of each of these sources."""
    return store.latest(session, source_ids)


def letters(session: Session, run_id: str) -> dict[str, int]:
    """How many letters about a run stand where."""
    return store.letters(session, run_id)


def get_reports(session: Session, source: Source) -> tuple[Reports, Sequence[Contact]]:
    """When a source's contacts are told, and who they are now."""
    return store.reports(session, source.id), contacts_of(session, source)


def set_reports(
    session: Session, source: Source, wanted: Reports, *, who: str, at: datetime
) -> None:
    """Say when who is told. Raises ``Invalid`` for somebody who is no member of the society."""
    members = {one.person_id for one in people.members(session, source.society_id)}
    strangers = [one for one in wanted.chosen if one not in members]
    if strangers or len(wanted.chosen) > MOST_CONTACTS:
        mend = f"Choose up to {MOST_CONTACTS} members of the society."
        raise Invalid(
            "These people cannot be told.", fields=[FieldProblem("/contacts", "no-member", mend)]
        )
    before = store.reports(session, source.id)
    if before == wanted:
        return
    store.set_reports(session, source.id, wanted)
    audit.record(
        session,
        who=who,
        action="source.reports_changed",
        subject=f"source:{source.id}",
        at=at,
        before={"wanted": before.wanted.value, "contacts": len(before.chosen)},
        after={"wanted": wanted.wanted.value, "contacts": len(wanted.chosen)},
        organisation_id=source.society_id,
    )
