"""Use cases of the catalogue, one function a verb. The caller owns the transaction.

``take`` and ``withdraw`` are the only ways a course comes to be, changes or goes; both say so over
the outbox in the caller's transaction, and only when what others can see of the course differs.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import (
    COURSE_CHANGED,
    addresses,
    codes,
    languages,
    quality,
    rules,
    store,
    taking,
    texts,
    told,
    upkeep,
)
from app.catalogue.model import (
    Brief,
    Course,
    Lacking,
    NewItem,
    NewSociety,
    Origin,
    Society,
    Status,
    Taken,
)
from app.catalogue.told import Told
from app.platform.ids import new_id
from app.platform.outbox import publish
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound

_SHORT_NAME = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,34}[a-z0-9])?$")


def add_society(session: Session, new: NewSociety, *, at: datetime) -> Society:
    """Enter a society. Raises ``Invalid`` naming each bad field, ``Conflict`` for a taken id."""
    society = _checked_society(new)
    if store.society(session, society.id):
        raise Conflict(f"There is a society {society.id} already.")
    store.insert_society(session, society, at=at)
    return society


def get_society(session: Session, society_id: str) -> Society:
    """Raises ``NotFound``."""
    found = store.society(session, society_id)
    if found is None:
        raise NotFound(f"There is no society {society_id}.")
    return found


def rename_society(session: Session, society_id: str, name: str, *, at: datetime) -> None:
    """Call a society otherwise: its English name, or the one it has where it has no English one.

    Whoever shows its courses, such as the index, is told of all of them. Raises ``NotFound``.
    """
    society = get_society(session, society_id)
    language = "en" if "en" in society.names else next(iter(society.names), "en")
    if society.names.get(language) == name:
        return
    store.set_names(session, society_id, {**society.names, language: name})
    publish(session, COURSE_CHANGED, store.course_ids_of(session, society_id), at=at)


def list_societies(session: Session) -> list[Society]:
    """All of them, by id."""
    return store.societies(session)


def take(
    session: Session,
    untrusted: Mapping[str, Any],
    *,
    society_id: str,
    source_id: str,
    remote_id: str,
    digest: str,
    at: datetime,
    pushed: bool = False,
) -> Taken:
    """Take one item of a source (``take_many``)."""
    origin = Origin(society_id, source_id, pushed=pushed)
    return take_many(session, [NewItem(remote_id, untrusted, digest)], origin=origin, at=at)[0]


def take_many(
    session: Session, items: Sequence[NewItem], *, origin: Origin, at: datetime
) -> list[Taken]:
    """Take items of a source, each with an id of its own, as if they came one after another.

    See ``taking``: check, recognise the course, merge, tell the others.
    """
    return taking.take(session, items, origin=origin, at=at)


def standing(session: Session, *, source_id: str, remote_ids: Iterable[str]) -> dict[str, str]:
    """The courses of those of these items that are live, and were checked as they would be now."""
    known = store.records(session, source_id=source_id, remote_ids=remote_ids)
    return {
        remote_id: one.course_id
        for remote_id, one in known.items()
        if one.status == Status.ACTIVE and one.normaliser == rules.NORMALISER
    }


def pushed_source(society_id: str) -> str:
    """What stands for the source of a society's pushed courses; no configured one has this id."""
    return f"push:{society_id}"


def lock(session: Session) -> None:
    """Let nobody else change courses until the transaction ends.

    ``take`` and ``withdraw`` do it themselves; who locks rows of its own calls this before that,
    so that all lock in one order.
    """
    store.lock_matching(session)


def withdraw(session: Session, *, source_id: str, remote_id: str, at: datetime) -> bool:
    """The source no longer has this item; says whether it had been live.

    The course goes only when no other source tells of it, and it goes by its status: who has taken
    it must still be able to read what it was.
    """
    known = store.records(session, source_id=source_id, remote_ids=[remote_id]).get(remote_id)
    if known is None or known.status != Status.ACTIVE:
        return False
    store.lock_matching(session)
    store.update_record(session, known.id, status=str(Status.WITHDRAWN), changed_at=at)
    upkeep.refresh(session, known.course_id, at=at)
    return True


def get_course(session: Session, course_id: str) -> Course:
    """A course, withdrawn or not; where it was merged into another one, that. Raises ``NotFound``.

    Who holds the id of a merged course, such as a completion, so finds what it is now; who must
    know looks whether the id is the one that was asked for.
    """
    for _ in range(2):  # nothing is merged into what is itself merged (``reviewing.joining``)
        found = store.courses(session, [course_id])
        if found and found[0].merged_into is None:
            return found[0]
        if not found:
            break
        course_id = found[0].merged_into or ""
    raise NotFound(f"There is no course {course_id}.")


def get_told(session: Session, course: Course) -> Told:
    """Who told what of a course, and when."""
    return told.of_course(session, course)


def get_courses(session: Session, ids: Sequence[str]) -> list[Course]:
    """The live ones among these, in the order asked; missing and withdrawn ones are absent."""
    return [one for one in store.courses(session, ids) if one.status is Status.ACTIVE]


def get_briefs(session: Session, ids: Sequence[str]) -> list[Brief]:
    """The courses of these ids in few words, withdrawn ones too; missing ones are absent."""
    return store.briefs(session, ids)


def iter_course_ids(session: Session, *, after: str | None = None, limit: int = 1000) -> list[str]:
    """Ids of live courses, in order, after the given one: for reading the whole catalogue."""
    return store.course_ids(session, after=after, limit=limit)


def live_versions(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """Which versions of the live courses among these there are."""
    return store.live_versions(session, ids)


def iter_quality(session: Session, source_id: str) -> Iterator[tuple[int, Sequence[str]]]:
    """How good each course is that a source tells of, and what it lacks (``quality.score``)."""
    yield from store.iter_quality(session, source_id)


def list_lacking(
    session: Session, source_id: str, name: str, *, cursor: str | None, limit: int
) -> Slice[Lacking]:
    """The courses that a source tells of and that lack what ``quality`` calls ``name``."""
    if name not in quality.NAMES:
        return Slice([], None)
    after = "" if cursor is None else decode_cursor(cursor)
    found = store.lacking(session, source_id, name, after=after, limit=limit + 1)
    following = encode_cursor(found[limit - 1][0]) if len(found) > limit else None
    return Slice([Lacking(*one[1:]) for one in found[:limit]], following)


def newest_course_ids(session: Session, *, limit: int) -> list[str]:
    """Ids of live courses, those that came last first."""
    return store.newest_course_ids(session, limit=limit)


def count_courses(session: Session) -> int:
    """How many live courses there are."""
    return store.count_courses(session)


def _checked_society(new: NewSociety) -> Society:
    wrong: list[FieldProblem] = []
    society_id = new.id or new_id()
    if not _SHORT_NAME.match(society_id):
        wrong.append(FieldProblem("id", "id-invalid", "Use 1 to 36 of a-z, 0-9 and hyphens."))
    names = {
        languages.tag(tag): name
        for tag, text in new.names.items()
        if (name := texts.characters(text).strip())
    }
    if not names:
        wrong.append(FieldProblem("names", "name-missing", "Give the name in one language."))
    if None in names:
        wrong.append(FieldProblem("names", "language-invalid", "Use BCP 47 tags, such as en."))
    country = codes.country(new.country) if new.country else None
    if new.country and country is None:
        wrong.append(FieldProblem("country", "country-invalid", "Use ISO 3166-1, such as KE."))
    url = addresses.shown(new.url) if new.url else None
    if new.url and url is None:
        wrong.append(FieldProblem("url", "url-invalid", "Use an http or https address."))
    if wrong:
        raise Invalid("The society cannot be entered as it is.", fields=wrong)
    return Society(
        id=society_id,
        names={str(tag): name for tag, name in names.items()},
        country=country,
        url=url,
        aliases=new.aliases,
    )
