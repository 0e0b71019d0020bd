"""Use cases: whose record is it? Holders bound to registrants, and numbers in records.

1. A holder is bound to one registrant of a registry, never to two; the database sees to it.
2. A binding is undone, never deleted: it says who bound what to whom, when, and why no more.
3. A number in a record is compared by its salted hash, in constant time. A name is never a match.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.ids import new_id
from app.platform.problems import Conflict, NotFound
from app.recognition.deciding.model import Binding
from app.recognition.register import registrants
from app.recognition.register.entering import Form, reason
from app.recognition.register.model import HolderBinding, Registrant
from app.recognition.register.tables import HolderBindingRow, NumberTypesRow
from app.records.build import identity_hash
from app.verification import Report
from app.verification.model import Identity

NUMBER_TYPE = "ext:RegisterNumber"
"""A number in some register; by itself it does not say in which."""
MOST_TYPES = 10
_BINDING = (
    HolderBindingRow.id,
    HolderBindingRow.registry_id,
    HolderBindingRow.registrant_id,
    HolderBindingRow.holder_id,
    HolderBindingRow.bound_at,
    HolderBindingRow.bound_by,
    HolderBindingRow.undone_at,
    HolderBindingRow.undone_by,
    HolderBindingRow.reason,
)


class HolderTaken(Conflict):
    """The holder is bound to another registrant of this registry."""

    code = "holder-taken"


class BindingUndone(Conflict):
    """The binding was undone before."""

    code = "binding-undone"


def own_type(registry_id: str) -> str:
    """The type of identifiers that is a number in this registry and in no other."""
    return f"{NUMBER_TYPE}.{registry_id}"


def bind_holder(
    session: Session, registrant: Registrant, holder_id: str, *, at: datetime, who: str
) -> HolderBinding:
    """Say that the holder of records is this registrant; said before, it is as it was.

    Raises ``Invalid`` and ``HolderTaken``.
    """
    form = Form()
    holder = form.holder(holder_id)
    form.close("The holder cannot be bound like this.")
    registrants.hold(session, registrant.registry_id)
    known = registrants.get(session, registrant.registry_id, registrant.id)
    found = _holding(session, known.registry_id, holder)
    if found is not None:
        if found.registrant_id != known.id:
            raise HolderTaken("The holder is bound to another registrant; undo that first.")
        return found
    made = HolderBinding(new_id(), known.registry_id, known.id, holder, at, who)
    session.execute(
        insert(HolderBindingRow).values(
            id=made.id,
            registry_id=made.registry_id,
            registrant_id=made.registrant_id,
            holder_id=made.holder_id,
            bound_at=at,
            bound_by=who,
        )
    )
    _note(session, "holder.bind", made, at=at, who=who)
    return made


def undo_binding(
    session: Session, registry_id: str, binding_id: str, *, why: str, at: datetime, who: str
) -> HolderBinding:
    """Take a binding back. Raises ``NotFound``, ``Invalid`` and ``BindingUndone``."""
    registrants.hold(session, registry_id)
    before = get_binding(session, registry_id, binding_id)
    said = reason(why)
    if before.undone_at is not None:
        raise BindingUndone("It was undone before.")
    session.execute(
        update(HolderBindingRow)
        .where(HolderBindingRow.id == before.id)
        .values(undone_at=at, undone_by=who, reason=said)
    )
    _note(session, "holder.unbind", before, at=at, who=who, reason=said)
    return get_binding(session, registry_id, binding_id)


def get_binding(session: Session, registry_id: str, binding_id: str) -> HolderBinding:
    """Raises ``NotFound``, also for another registry's."""
    row = session.execute(
        select(*_BINDING).where(
            HolderBindingRow.id == binding_id, HolderBindingRow.registry_id == registry_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such binding.")
    return _made(row)


def bindings(session: Session, registrant: Registrant) -> Sequence[HolderBinding]:
    """The holders that a registrant is and was, the oldest first."""
    rows = session.execute(
        select(*_BINDING)
        .where(
            HolderBindingRow.registry_id == registrant.registry_id,
            HolderBindingRow.registrant_id == registrant.id,
        )
        .order_by(HolderBindingRow.id)
    )
    return list(map(_made, rows))


def registrant_of_holder(session: Session, registry_id: str, holder_id: str) -> Registrant | None:
    """Whom the holder is bound to in this registry."""
    found = _holding(session, registry_id, holder_id)
    return None if found is None else registrants.get(session, registry_id, found.registrant_id)


def number_types(session: Session, registry_id: str) -> tuple[str, ...]:
    """The types of identifiers that the registry takes for its own numbers, beside its own."""
    types = session.scalar(
        select(NumberTypesRow.types).where(NumberTypesRow.registry_id == registry_id)
    )
    return tuple(types or ())


def set_number_types(
    session: Session, registry_id: str, types: Sequence[str], *, at: datetime, who: str
) -> tuple[str, ...]:
    """Take these types, and no others, for the registry's own numbers. Raises ``Invalid``."""
    registrants.hold(session, registry_id)
    form = Form()
    made = sorted({form.number_type(one) for one in types} - {own_type(registry_id)})
    if len(made) > MOST_TYPES:
        form.wrong("types", "types-many", f"Name up to {MOST_TYPES}.")
    foreign = [one for one in made if one.startswith(f"{NUMBER_TYPE}.")]
    if foreign:
        form.wrong("types", "types-foreign", f"{foreign[0]} is the number of another registry.")
    form.close("The types cannot be taken like this.")
    before = number_types(session, registry_id)
    session.execute(delete(NumberTypesRow).where(NumberTypesRow.registry_id == registry_id))
    session.execute(insert(NumberTypesRow).values(registry_id=registry_id, types=made))
    audit.record(
        session,
        who=who,
        action="registry.number-types",
        subject=f"organisation:{registry_id}",
        at=at,
        before={"types": list(before)},
        after={"types": made},
    )
    return tuple(made)


def binding(session: Session, registrant: Registrant, report: Report) -> Binding:
    """Whether the record that was verified is this registrant's.

    It is asked in this order:

    1. The holder is bound to another registrant: a mismatch.
    2. It has numbers of this registry's own type: bound if one is or was the registrant's, else a
       mismatch, whoever the holder is bound to.
    3. The holder is bound to the registrant: bound.
    4. It has a number of a further type that the registry takes for its own, and one is or was the
       registrant's: bound.
    5. Else it is unknown.
    """
    record = report.record
    if record is None:
        return Binding.UNKNOWN
    bound = _bound_to(session, registrant.registry_id, record.holder_id)
    if bound is not None and bound != registrant.id:
        return Binding.MISMATCH
    own = own_type(registrant.registry_id)
    named = [one for one in record.identities if one.kind == own]
    if named:
        return Binding.BOUND if _is_theirs(session, registrant, named) else Binding.MISMATCH
    if bound is not None:
        return Binding.BOUND
    further = number_types(session, registrant.registry_id) if record.identities else ()
    named = [one for one in record.identities if one.kind in further]
    return Binding.BOUND if _is_theirs(session, registrant, named) else Binding.UNKNOWN


def _is_theirs(session: Session, registrant: Registrant, named: Sequence[Identity]) -> bool:
    """Whether one of the hashes is of a number that the registrant has or had."""
    if any(_is_one_of([registrant.number], one) for one in named):
        return True
    numbers = registrants.numbers(session, registrant) if named else ()
    return any(_is_one_of(numbers, one) for one in named)


def _is_one_of(numbers: Sequence[str], identity: Identity) -> bool:
    # Every number is compared, whatever was found: how long it takes tells nothing.
    given = identity.hash.encode()
    same = [
        hmac.compare_digest(identity_hash(number, salt=identity.salt).encode(), given)
        for number in numbers
    ]
    return any(same)


def _bound_to(session: Session, registry_id: str, holder_id: str | None) -> str | None:
    """The registrant that a holder is bound to; asked for every record."""
    if holder_id is None:
        return None
    found: str | None = session.scalar(
        select(HolderBindingRow.registrant_id).where(
            HolderBindingRow.registry_id == registry_id,
            HolderBindingRow.holder_id == holder_id,
            HolderBindingRow.undone_at.is_(None),
        )
    )
    return found


def _holding(session: Session, registry_id: str, holder_id: str) -> HolderBinding | None:
    row = session.execute(
        select(*_BINDING).where(
            HolderBindingRow.registry_id == registry_id,
            HolderBindingRow.holder_id == holder_id,
            HolderBindingRow.undone_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else _made(row)


def _note(
    session: Session, action: str, one: HolderBinding, *, at: datetime, who: str, **more: str
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"registrant:{one.registrant_id}",
        at=at,
        after={"holder": one.holder_id, "binding": one.id, **more},
        organisation_id=one.registry_id,
    )


def _made(row: Row[*tuple[Any, ...]]) -> HolderBinding:
    return HolderBinding(*row)
