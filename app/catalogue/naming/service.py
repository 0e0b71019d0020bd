"""Use cases: the names, domains and ROR identifiers by which societies are known.

The caller owns the transaction. A change is noted, and courses whose provider it concerns are
compared anew; what was joined or parted before stays as it is.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.catalogue import store, texts
from app.catalogue.naming.book import LONGEST, AliasKind, Book, alias_key, make
from app.catalogue.naming.tables import SocietyAliasRow
from app.catalogue.reviewing.tables import MatchProfileRow
from app.catalogue.tables import SourceRecordRow
from app.identity import audit
from app.platform.ids import new_id
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound

_BOOK = "opencpd.catalogue.names"
_MENDS = {
    AliasKind.NAME: f"Give a name of 1 to {LONGEST} letters and digits.",
    AliasKind.DOMAIN: "Give a domain such as engineers.example.",
    AliasKind.ROR: "Give a ROR identifier such as https://ror.org/05dxps055.",
}


@dataclass(frozen=True, slots=True)
class Alias:
    """One name, domain or ROR identifier of a society."""

    id: str
    society_id: str
    kind: AliasKind
    value: str
    added_at: datetime


def book(session: Session) -> Book:
    """All names, read once in a transaction: a page of a harvest asks for every item."""
    known: Book | None = session.info.get(_BOOK)
    if known is None:
        rows = session.execute(
            select(SocietyAliasRow.kind, SocietyAliasRow.key, SocietyAliasRow.society_id)
        )
        aliases = [(AliasKind(kind), key, society_id) for kind, key, society_id in rows]
        known = session.info[_BOOK] = make(store.societies(session), aliases)
    return known


def listing(session: Session) -> list[Alias]:
    """All aliases, by society."""
    rows = session.execute(
        select(
            SocietyAliasRow.id,
            SocietyAliasRow.society_id,
            SocietyAliasRow.kind,
            SocietyAliasRow.value,
            SocietyAliasRow.added_at,
        ).order_by(SocietyAliasRow.society_id, SocietyAliasRow.kind, SocietyAliasRow.id)
    )
    return [Alias(one.id, one.society_id, AliasKind(one.kind), *one[3:]) for one in rows]


def add(
    session: Session, society_id: str, kind: str, value: str, *, by: str, at: datetime
) -> Alias:
    """Enter an alias. Raises ``Invalid``, ``NotFound``, and ``Conflict`` for another's."""
    if store.society(session, society_id) is None:
        raise NotFound(f"There is no society {society_id}.")
    if kind not in {str(each) for each in AliasKind}:
        problem = FieldProblem("/kind", "unknown", f"Use one of {', '.join(AliasKind)}.")
        raise Invalid("There is no such kind of alias.", fields=[problem])
    shown = texts.characters(value).strip()[:LONGEST]
    key = alias_key(AliasKind(kind), value)
    if key is None or len(value.strip()) > LONGEST:
        problem = FieldProblem("/value", f"{kind}-invalid", _MENDS[AliasKind(kind)])
        raise Invalid("The alias cannot be entered as it is.", fields=[problem])
    taken = book(session).known.get(f"{kind}:{key}")
    if taken is not None:
        raise Conflict(f"The society {taken} is known by this already.")
    made = Alias(new_id(), society_id, AliasKind(kind), shown, at)
    session.execute(
        insert(SocietyAliasRow).values(
            id=made.id, society_id=society_id, kind=kind, value=shown, key=key, added_by=by,
            added_at=at,
        )
    )  # fmt: skip
    _changed(session, made, "alias.add", by=by, at=at)
    return made


def remove(session: Session, alias_id: str, *, by: str, at: datetime) -> Alias:
    """Take an alias away. Raises ``NotFound``."""
    known = next((one for one in listing(session) if one.id == alias_id), None)
    if known is None:
        raise NotFound(f"There is no alias {alias_id}.")
    session.execute(delete(SocietyAliasRow).where(SocietyAliasRow.id == alias_id))
    _changed(session, known, "alias.remove", by=by, at=at)
    return known


def _changed(session: Session, alias: Alias, action: str, *, by: str, at: datetime) -> None:
    """Note it, and let the courses of that provider be compared anew."""
    session.info.pop(_BOOK, None)
    words = texts.title_key(alias.value)[:200]
    concerned = select(MatchProfileRow.source_record_id).where(MatchProfileRow.provider == words)
    session.execute(
        update(SourceRecordRow)
        .where(SourceRecordRow.id.in_(concerned))
        .values(search_due=True)
        .execution_options(synchronize_session=False)
    )
    audit.record(
        session,
        who=by,
        action=action,
        subject=f"alias:{alias.id}",
        at=at,
        after={"society": alias.society_id, "kind": str(alias.kind), "value": alias.value},
        organisation_id=alias.society_id,
    )
