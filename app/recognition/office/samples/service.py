"""Use cases: announce a sample, draw it, read both.

Whoever announces or draws holds the registry still, so that the numbers have no gap and one sample
is drawn once.
"""

import secrets
import zlib
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.model import Actor
from app.platform.ids import new_id
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.recognition.office import people
from app.recognition.office.samples import rules
from app.recognition.office.samples.model import NewSample, Sample
from app.recognition.office.samples.tables import SampleRow

_SAMPLE = (
    SampleRow.id,
    SampleRow.registry_id,
    SampleRow.number,
    SampleRow.share,
    SampleRow.commitment,
    SampleRow.public_source,
    SampleRow.list_hash,
    SampleRow.population,
    SampleRow.announced_at,
    SampleRow.announced_by,
    SampleRow.secret,
    SampleRow.public_value,
    SampleRow.seed,
    SampleRow.chosen,
    SampleRow.drawn_at,
    SampleRow.drawn_by,
)


class NobodyToSample(Conflict):
    """The register has no registrant whose registration lasts."""

    code = "sample-nobody"


class AlreadyDrawn(Conflict):
    """A sample is drawn once."""

    code = "sample-drawn"


def announce(session: Session, actor: Actor, new: NewSample, *, at: datetime) -> Sample:
    """Fix the list and publish a commitment. Raises ``Invalid`` and ``NobodyToSample``."""
    share = rules.share(new.percent)
    source = rules.figure(new.public_source, name="public_source")
    people.hold(session, actor.organisation_id)
    ids = sorted(one.id for one in people.registered(session, actor.organisation_id, on=at.date()))
    if not ids:
        raise NobodyToSample("There is nobody in the register to be drawn; enter registrants.")
    secret, sample_id = secrets.token_hex(32), new_id()
    last = select(func.max(SampleRow.number)).where(SampleRow.registry_id == actor.organisation_id)
    session.execute(
        insert(SampleRow).values(
            id=sample_id,
            registry_id=actor.organisation_id,
            number=(session.scalar(last) or 0) + 1,
            share=str(share),
            secret=secret,
            commitment=rules.commitment(secret),
            public_source=source,
            list_hash=rules.list_hash(ids),
            population=len(ids),
            listed=zlib.compress("".join(f"{one}\n" for one in ids).encode()),
            announced_at=at,
            announced_by=actor.who,
        )
    )
    made = get(session, actor.organisation_id, sample_id)
    after = {"commitment": made.commitment, "list": made.list_hash, "share": str(made.share)}
    _note(session, actor, "sample.announce", made, after, at=at)
    return made


def draw(
    session: Session, actor: Actor, sample_id: str, public_value: str, *, at: datetime
) -> Sample:
    """Publish the secret and draw. Raises ``NotFound``, ``Invalid`` and ``AlreadyDrawn``."""
    people.hold(session, actor.organisation_id)
    before = get(session, actor.organisation_id, sample_id)
    if before.drawn_at is not None:
        raise AlreadyDrawn("This sample has been drawn; announce another.")
    value = rules.figure(public_value, name="public_value")
    if bool(value) != bool(before.public_source):
        mend = (
            f"Write the figure that was announced: {before.public_source}"
            if before.public_source
            else "Leave it out: no public figure was announced."
        )
        raise Invalid(mend, fields=[FieldProblem("/public_value", "public-value", mend)])
    secret = session.scalars(select(SampleRow.secret).where(SampleRow.id == sample_id)).one()
    seed = rules.seed(secret, value)
    chosen = list(rules.drawn(listed(session, before), seed, before.size))
    session.execute(
        update(SampleRow)
        .where(SampleRow.id == sample_id)
        .values(public_value=value, seed=seed, chosen=chosen, drawn_at=at, drawn_by=actor.who)
    )
    _note(session, actor, "sample.draw", before, {"seed": seed, "size": len(chosen)}, at=at)
    return get(session, actor.organisation_id, sample_id)


def get(session: Session, registry_id: str, sample_id: str) -> Sample:
    """Raises ``NotFound``, also for another registry's."""
    query = select(*_SAMPLE).where(SampleRow.id == sample_id, SampleRow.registry_id == registry_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("There is no such sample.")
    return _sample(row)


def page(session: Session, registry_id: str, *, cursor: str | None, limit: int) -> Slice[Sample]:
    """Samples, newest first, drawn or not."""
    query = select(*_SAMPLE).where(SampleRow.registry_id == registry_id)
    if cursor is not None:
        query = query.where(SampleRow.id < decode_cursor(cursor))
    rows = session.execute(query.order_by(SampleRow.id.desc()).limit(limit + 1)).all()
    found = [_sample(row) for row in rows[:limit]]
    return Slice(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def listed(session: Session, sample: Sample) -> Sequence[str]:
    """The ids of those from whom it is drawn."""
    kept = session.scalars(select(SampleRow.listed).where(SampleRow.id == sample.id)).one()
    return zlib.decompress(kept).decode().split()


def _note(
    session: Session, actor: Actor, action: str, one: Sample, after: dict[str, Any], *, at: datetime
) -> None:
    audit.record(
        session,
        who=actor.who,
        action=action,
        subject=f"sample:{one.id}",
        at=at,
        after=after,
        organisation_id=one.registry_id,
    )


def _sample(row: Row[*tuple[Any, ...]]) -> Sample:
    """The secret is a secret until the draw."""
    share = Fraction(row.share)
    return Sample(
        id=row.id,
        registry_id=row.registry_id,
        number=row.number,
        share=share,
        commitment=row.commitment,
        public_source=row.public_source,
        list_hash=row.list_hash,
        population=row.population,
        size=rules.size(row.population, share),
        announced_at=row.announced_at,
        announced_by=row.announced_by,
        secret=row.secret if row.drawn_at else None,
        public_value=row.public_value,
        seed=row.seed,
        chosen=tuple(row.chosen or ()),
        drawn_at=row.drawn_at,
        drawn_by=row.drawn_by,
    )
