"""Use cases: the registrants of a registry.

1. A number is one registrant's, also after it was replaced by another: what was signed under it
   stays that registrant's.
2. Whoever changes a register holds the registry's row, so changes come one after another, and what
   was checked still holds when it is written.
3. A registrant is ended, never deleted; decisions name it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, delete, exists, insert, select, update
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.model import Kind, Organisation
from app.identity.people import registrations
from app.identity.people import service as people
from app.identity.people import store as people_store
from app.platform.conditions import entity_tag, require_match
from app.platform.ids import new_id
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.recognition.register.entering import Form, folded, reason
from app.recognition.register.model import NewRegistrant, Registrant
from app.recognition.register.tables import FormerNumberRow, RegistrantLinkRow, RegistrantRow

LONGEST_NAME = 200
_MOST_WORDS = 8
_QUERY = select(
    RegistrantRow.id,
    RegistrantRow.registry_id,
    RegistrantRow.number,
    RegistrantRow.name,
    RegistrantRow.language,
    RegistrantRow.registered_on,
    RegistrantRow.ended_on,
    RegistrantLinkRow.person_id,
    RegistrantRow.created_at,
).outerjoin(RegistrantLinkRow, RegistrantLinkRow.registrant_id == RegistrantRow.id)


class NotARegistry(NotFound):
    """There is no registry of this id; a society keeps no register."""

    code = "registry-unknown"


class NumberTaken(Conflict):
    """The number is, or once was, another registrant's."""

    code = "number-taken"


class AlreadyLinked(Conflict):
    """The registrant is another person's already."""

    code = "registrant-linked"


def hold(session: Session, registry_id: str) -> Organisation:
    """The registry, its register held still until the transaction ends. Raises ``NotARegistry``."""
    found = people_store.lock_organisation(session, registry_id)
    if found is None or found.kind is not Kind.REGISTRY:
        raise NotARegistry(f"There is no registry {registry_id}.")
    return found


def add(
    session: Session, registry_id: str, new: NewRegistrant, *, at: datetime, who: str
) -> Registrant:
    """Enter a registrant. Raises ``NotARegistry``, ``Invalid`` and ``NumberTaken``."""
    hold(session, registry_id)
    made = checked(registry_id, new, registrant_id=new_id(), at=at)
    _refuse_taken(session, made)
    session.execute(insert(RegistrantRow).values(**columns(made)))
    audit.record_many(session, [entry("registrant.add", made, at=at, who=who)])
    return made


def change(
    session: Session,
    registrant: Registrant,
    new: NewRegistrant,
    *,
    at: datetime,
    who: str,
    seen: str | None = None,
) -> Registrant:
    """Write down otherwise what is known of a registrant; ``seen`` is an ``If-Match``.

    A number that is replaced stays this registrant's. Raises as ``add`` and ``PreconditionFailed``.
    """
    hold(session, registrant.registry_id)
    before = get(session, registrant.registry_id, registrant.id)
    require_match(seen, tag(before))
    made = checked(
        before.registry_id,
        new,
        registrant_id=before.id,
        at=before.created_at,
        person_id=before.person_id,
    )
    if made == before:
        return before
    if made.number != before.number:
        _refuse_taken(session, made)
        _keep_number(session, before, made.number, at=at)
    session.execute(
        update(RegistrantRow).where(RegistrantRow.id == made.id).values(**columns(made))
    )
    noted = entry("registrant.change", made, before=before, at=at, who=who)
    audit.record_many(session, [noted])
    return made


def end(
    session: Session,
    registrant: Registrant,
    *,
    on: date,
    why: str,
    at: datetime,
    who: str,
    seen: str | None = None,
) -> Registrant:
    """Let a registration end with the day ``on``. Raises ``Invalid``, ``PreconditionFailed``."""
    hold(session, registrant.registry_id)
    before = get(session, registrant.registry_id, registrant.id)
    require_match(seen, tag(before))
    said = reason(why)
    if before.registered_on and on < before.registered_on:
        mend = f"The registration began on {before.registered_on}."
        raise Invalid(mend, fields=[FieldProblem("/on", "time-order", mend)])
    session.execute(update(RegistrantRow).where(RegistrantRow.id == before.id).values(ended_on=on))
    made = get(session, before.registry_id, before.id)
    noted = entry("registrant.end", made, before=before, at=at, who=who, reason=said)
    audit.record_many(session, [noted])
    return made


def get(session: Session, registry_id: str, registrant_id: str) -> Registrant:
    """Raises ``NotFound``, also for another registry's."""
    query = _QUERY.where(
        RegistrantRow.id == registrant_id, RegistrantRow.registry_id == registry_id
    )
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such registrant.")
    return _registrant(row)


def lock(session: Session, registry_id: str, registrant_id: str) -> Registrant:
    """The registrant, held still until the transaction ends: for whoever counts. Raises the same.

    On SQLite a writer is alone anyway; PostgreSQL locks the row.
    """
    query = select(RegistrantRow.id).where(RegistrantRow.id == registrant_id)
    session.execute(query.with_for_update(key_share=True))
    return get(session, registry_id, registrant_id)


def find(session: Session, registry_id: str, number: str) -> Registrant | None:
    """Who has this number now."""
    query = _QUERY.where(
        RegistrantRow.registry_id == registry_id,
        RegistrantRow.number == " ".join(number.split()),
    )
    row = session.execute(query).one_or_none()
    return None if row is None else _registrant(row)


def by_numbers(session: Session, registry_id: str, numbers: Sequence[str]) -> dict[str, Registrant]:
    """Who has these numbers now, by number; up to some hundred at once."""
    query = _QUERY.where(
        RegistrantRow.registry_id == registry_id, RegistrantRow.number.in_(numbers)
    )
    return {one.number: one for one in map(_registrant, session.execute(query))}


def page(
    session: Session, registry_id: str, *, text: str = "", cursor: str | None, limit: int
) -> Slice[Registrant]:
    """Registrants by their numbers; of ``text`` every word must be in number or name."""
    query = _QUERY.where(RegistrantRow.registry_id == registry_id)
    for word in folded(text).split()[:_MOST_WORDS]:
        query = query.where(RegistrantRow.folded.contains(word, autoescape=True))
    if cursor is not None:
        query = query.where(RegistrantRow.number > decode_cursor(cursor))
    rows = session.execute(query.order_by(RegistrantRow.number).limit(limit + 1)).all()
    found = list(map(_registrant, rows[:limit]))
    return Slice(found, encode_cursor(found[-1].number) if len(rows) > limit else None)


def of_person(session: Session, person_id: str) -> Sequence[Registrant]:
    """The registrants of all registries that this person is, as the registries confirmed."""
    query = _QUERY.where(RegistrantLinkRow.person_id == person_id)
    rows = session.execute(query.order_by(RegistrantRow.registry_id, RegistrantRow.number))
    return list(map(_registrant, rows))


def numbers(session: Session, registrant: Registrant) -> tuple[str, ...]:
    """The number that a registrant has, and those it had."""
    former = session.scalars(
        select(FormerNumberRow.number)
        .where(
            FormerNumberRow.registry_id == registrant.registry_id,
            FormerNumberRow.registrant_id == registrant.id,
        )
        .order_by(FormerNumberRow.number)
    )
    return (registrant.number, *former)


def link_person(
    session: Session, registrant: Registrant, person_id: str, *, at: datetime, who: str
) -> Registrant:
    """Say that a registrant is this person. Raises ``NotFound`` and ``AlreadyLinked``."""
    hold(session, registrant.registry_id)
    before = get(session, registrant.registry_id, registrant.id)
    if before.person_id == person_id:
        return before
    if before.person_id is not None:
        raise AlreadyLinked("The registrant is linked to another account; undo that first.")
    if not people_store.lock_person(session, person_id):
        raise NotFound("There is no such account.")
    session.execute(
        insert(RegistrantLinkRow).values(registrant_id=before.id, person_id=person_id, linked_at=at)
    )
    _note_link(session, "registrant.link", before, person_id, at=at, who=who)
    return get(session, before.registry_id, before.id)


def unlink_person(
    session: Session, registrant: Registrant, *, at: datetime, who: str
) -> Registrant:
    """Take that back; what the person states waits for an answer again."""
    hold(session, registrant.registry_id)
    before = get(session, registrant.registry_id, registrant.id)
    if before.person_id is not None:
        session.execute(
            delete(RegistrantLinkRow).where(RegistrantLinkRow.registrant_id == before.id)
        )
        registrations.reopen(
            session, before.person_id, before.registry_id, numbers(session, before)
        )
        _note_link(session, "registrant.unlink", before, before.person_id, at=at, who=who)
    return get(session, before.registry_id, before.id)


def person_name(session: Session, registrant: Registrant) -> str | None:
    """The linked person's own name, to be compared; ``None`` where nobody is linked."""
    if registrant.person_id is None:
        return None
    return people.get_person(session, registrant.person_id).name


def tag(one: Registrant) -> str:
    """The entity tag of what can be changed of a registrant."""
    days = [str(one.registered_on or ""), str(one.ended_on or "")]
    return entity_tag([one.id, one.number, one.name, one.language, *days, one.person_id])


def checked(
    registry_id: str,
    new: NewRegistrant,
    *,
    registrant_id: str,
    at: datetime,
    person_id: str | None = None,
) -> Registrant:
    """The registrant that the entries make. Raises ``Invalid`` naming each bad field."""
    form = Form()
    made = Registrant(
        id=registrant_id,
        registry_id=registry_id,
        number=form.number(new.number),
        name=form.line("name", new.name, longest=LONGEST_NAME, needed=True),
        language=form.language(new.language),
        registered_on=form.day("registered_on", new.registered_on),
        ended_on=form.day("ended_on", new.ended_on),
        person_id=person_id,
        created_at=at,
    )
    form.order("ended_on", made.registered_on, made.ended_on)
    form.close("The registrant cannot be entered like this.")
    return made


def columns(one: Registrant) -> dict[str, Any]:
    """A registrant as the columns of the table."""
    return {
        "id": one.id,
        "registry_id": one.registry_id,
        "number": one.number,
        "name": one.name,
        "language": one.language,
        "registered_on": one.registered_on,
        "ended_on": one.ended_on,
        "folded": folded(one.number, one.name),
        "created_at": one.created_at,
    }


def entry(
    action: str,
    one: Registrant,
    *,
    at: datetime,
    who: str,
    before: Registrant | None = None,
    **more: str,
) -> audit.Entry:
    """A change as the trail has it: a number is the registry's own, a name stays out of it."""
    return audit.Entry(
        at=at,
        who=who,
        action=action,
        subject=f"registrant:{one.id}",
        before=None if before is None else _told(before),
        after={**_told(one), **more},
        organisation_id=one.registry_id,
    )


def _note_link(
    session: Session, action: str, one: Registrant, person_id: str, *, at: datetime, who: str
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"registrant:{one.id}",
        at=at,
        after={"person": person_id},
        organisation_id=one.registry_id,
    )


def _told(one: Registrant) -> dict[str, Any]:
    days = {"registered_on": one.registered_on, "ended_on": one.ended_on}
    told = {name: day.isoformat() for name, day in days.items() if day}
    return {"number": one.number, "language": one.language, **told}


def _refuse_taken(session: Session, one: Registrant) -> None:
    held = exists().where(
        RegistrantRow.registry_id == one.registry_id,
        RegistrantRow.number == one.number,
        RegistrantRow.id != one.id,
    )
    had = exists().where(
        FormerNumberRow.registry_id == one.registry_id,
        FormerNumberRow.number == one.number,
        FormerNumberRow.registrant_id != one.id,
    )
    if session.scalar(select(held | had)):
        mend = "The number is, or was, another registrant's; find that one by it."
        raise NumberTaken(mend, fields=[FieldProblem("/number", "number-taken", mend)])


def _keep_number(session: Session, before: Registrant, taken: str, *, at: datetime) -> None:
    """Keep the number that goes, and forget of the one that comes that it had gone."""
    session.execute(
        delete(FormerNumberRow).where(
            FormerNumberRow.registry_id == before.registry_id, FormerNumberRow.number == taken
        )
    )
    session.execute(
        insert(FormerNumberRow).values(
            registry_id=before.registry_id,
            number=before.number,
            registrant_id=before.id,
            until=at,
        )
    )


def _registrant(row: Row[*tuple[Any, ...]]) -> Registrant:
    return Registrant(*row)
