"""Use cases of owning sources, one function a verb. The caller owns the transaction.

1. A source is its society's alone: every function takes the society and finds no other's.
2. Whatever changes is in the audit trail, with the names of settings and never their values, since
   those may be secrets.
3. A secret that comes back as it was shown (hidden) stays the secret that is stored.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.harvest import service as harvest
from app.harvest.model import ItemIssue, Mode, NewSource, Run, RunState, Source
from app.harvest.owning import store
from app.harvest.owning.model import (
    LONGEST_NAME,
    MOST_SOURCES,
    Changes,
    Health,
    RawItem,
    Vanishing,
)
from app.harvest.registry import HIDDEN, Registry, hosts_in
from app.harvest.runs import store as runs
from app.harvest.telling import removing
from app.identity import audit
from app.platform.conditions import entity_tag, require_match
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound


class TooManySources(Conflict):
    """The society has as many sources as it may have."""

    code = "sources-too-many"


class Going(Conflict):
    """The source is being removed."""

    code = "source-going"


def get(session: Session, society_id: str, source_id: str) -> Source:
    """Raises ``NotFound``."""
    found = runs.source(session, source_id)
    if found is None or found.society_id != society_id:
        raise NotFound("There is no such source.")
    return found


def tag(source: Source) -> str:
    """The entity tag of what can be changed of a source."""
    window = source.window
    return entity_tag(
        [
            source.name, dict(source.config), source.every_hours, source.paused,
            [window.opens, window.closes, window.timezone] if window else None,
        ]
    )  # fmt: skip


def add(session: Session, new: NewSource, *, registry: Registry, who: str, at: datetime) -> Source:
    """Enter a source. Raises ``NotFound``, ``Invalid``, ``Conflict``, ``TooManySources``."""
    if store.count_sources(session, new.society_id) >= MOST_SOURCES:
        raise TooManySources(f"A society has at most {MOST_SOURCES} sources.")
    _check_name(new.name)
    made = harvest.add_source(session, new, registry=registry, at=at)
    _note(session, made, "source.added", who=who, at=at, after=_told(made))
    return made


def change(
    session: Session,
    society_id: str,
    source_id: str,
    wanted: Changes,
    *,
    registry: Registry,
    who: str,
    at: datetime,
    seen: str | None = None,
) -> Source:
    """Let a source be as wanted; ``seen`` is an ``If-Match``.

    With other settings its next run lists everything anew. Raises ``NotFound``, ``Invalid``,
    ``PreconditionFailed``, ``Going``.
    """
    before = _held(session, society_id, source_id)
    require_match(seen, tag(before))
    _check_name(wanted.name)
    config = kept_secrets(wanted.config, before.config)
    _, checked = registry.build(before.connector, config)
    if config != wanted.config:
        _refuse_elsewhere(before, hosts_in(checked), registry)
    if (wanted.every_hours, wanted.window) != (before.every_hours, before.window):
        harvest.set_schedule(
            session, source_id, every_hours=wanted.every_hours, window=wanted.window, who=who, at=at
        )
    name = wanted.name.strip() or before.name
    if config != dict(before.config):
        runs.update_source(session, source_id, config=config, cursor=None)
    if name != before.name:
        runs.update_source(session, source_id, name=name)
    after = get(session, society_id, source_id)
    if _told(after) != _told(before) or config != dict(before.config):
        _note(
            session, after, "source.changed", who=who, at=at, before=_told(before),
            after={**_told(after), "settings_changed": _changed(before.config, config)},
        )  # fmt: skip
    return after


def pause(
    session: Session, society_id: str, source_id: str, *, paused: bool, who: str, at: datetime
) -> Source:
    """Let a source's schedule rest, or go on. Raises ``NotFound``, ``Going``."""
    _held(session, society_id, source_id)
    do = harvest.pause if paused else harvest.resume
    return do(session, source_id, who=who, at=at)


def remove(session: Session, society_id: str, source_id: str, *, who: str, at: datetime) -> None:
    """Begin to remove a source and what it brought. Raises ``NotFound``."""
    get(session, society_id, source_id)
    removing.ask(session, source_id, who=who, at=at)


def start(
    session: Session, society_id: str, source_id: str, *, mode: Mode, who: str, at: datetime
) -> Run:
    """Let a worker run a source soon. Raises ``NotFound``, ``Conflict``."""
    _held(session, society_id, source_id)
    return harvest.enqueue(session, source_id, mode=mode, asked_by=who, at=at)


def get_run(session: Session, society_id: str, source_id: str, run_id: str) -> Run:
    """Raises ``NotFound``."""
    get(session, society_id, source_id)
    found = runs.runs_by_id(session, [run_id]).get(run_id)
    if found is None or found[0].source_id != source_id:
        raise NotFound("There is no such run.")
    return found[0]


def answer(
    session: Session, society_id: str, source_id: str, run_id: str, *, what: str, who: str,
    at: datetime,
) -> Run:  # fmt: skip
    """``release``, ``refuse`` or ``cancel`` a run. Raises ``NotFound``, ``Conflict``."""
    get_run(session, society_id, source_id, run_id)
    do = {"release": harvest.release, "refuse": harvest.refuse, "cancel": harvest.cancel}[what]
    return do(session, run_id, who=who, at=at)


def health(session: Session, sources: Sequence[Source]) -> list[Health]:
    """How these sources do."""
    ids = [one.id for one in sources]
    last, live = store.last_runs(session, ids), store.live_counts(session, ids)
    errors, going = store.error_counts(session, ids), set(removing.going(session))
    made = []
    for one in sources:
        latest, before = store.two_summaries(session, one.id)
        made.append(
            Health(
                source=one, last=last.get(one.id), live=live.get(one.id, 0),
                errors=errors.get(one.id, 0), latest=latest, before=before, going=one.id in going,
            )
        )  # fmt: skip
    return made


def list_sources(
    session: Session, society_id: str | None, *, cursor: str | None, limit: int
) -> Slice[Source]:
    """Sources by id, of a society or (``None``) of the whole node."""
    after = "" if cursor is None else decode_cursor(cursor)
    ids = store.source_ids(session, society_id=society_id, after=after, limit=limit + 1)
    following = encode_cursor(ids[limit - 1]) if len(ids) > limit else None
    return Slice(store.sources(session, ids[:limit]), following)


def list_runs(session: Session, source: Source, *, cursor: str | None, limit: int) -> Slice[Run]:
    """A source's runs, the newest first."""
    after = "" if cursor is None else decode_cursor(cursor)
    found = store.run_page(session, source.id, after=after, limit=limit + 1)
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return Slice(found[:limit], following)


def list_issues(
    session: Session, source: Source, *, code: str = "", cursor: str | None, limit: int
) -> Slice[ItemIssue]:
    """What stands open with a source's items and its last run, perhaps of one code alone."""
    after = 0 if cursor is None else _number(cursor)
    found = store.issue_page(
        session, source.id, run_id=last_run_id(session, source), code=code, after=after,
        limit=limit + 1,
    )  # fmt: skip
    following = encode_cursor(str(found[limit - 1][0])) if len(found) > limit else None
    return Slice([one for _, one in found[:limit]], following)


def last_run_id(session: Session, source: Source) -> str | None:
    """The run whose own issues stand open beside those of the items."""
    last = store.last_runs(session, [source.id]).get(source.id)
    return last.id if last else None


def get_item(session: Session, source: Source, key: str) -> RawItem:
    """One raw item. Raises ``NotFound``."""
    found = store.item(session, source.id, key)
    if found is None:
        raise NotFound("There is no such item.")
    return found


def list_vanishing(
    session: Session, run: Run, *, cursor: str | None, limit: int
) -> Slice[Vanishing]:
    """What a held run would withdraw."""
    if run.state is not RunState.HELD:
        return Slice([], None)
    after = "" if cursor is None else decode_cursor(cursor)
    rows = store.vanishing(session, run.id, after=after, limit=limit + 1)
    ids = [course_id for _, _, course_id in rows[:limit] if course_id]
    courses = catalogue.get_courses(session, ids)
    titles = {one.id: next(iter(one.data.title.values()), "") for one in courses}
    items = [
        Vanishing(key, remote_id, course_id, titles.get(course_id or "", ""))
        for key, remote_id, course_id in rows[:limit]
    ]
    return Slice(items, encode_cursor(rows[limit - 1][0]) if len(rows) > limit else None)


def kept_secrets(wanted: Any, before: Any) -> Any:
    """``wanted``, with what was shown hidden as it was before."""
    if isinstance(wanted, Mapping):
        known = before if isinstance(before, Mapping) else {}
        return {
            key: kept_secrets(value, known.get(key))
            for key, value in wanted.items()
            if value != HIDDEN or key in known
        }
    if isinstance(wanted, list):
        known_list = before if isinstance(before, list) else []
        padded = [*known_list, *([None] * len(wanted))]
        return [kept_secrets(one, padded[n]) for n, one in enumerate(wanted)]
    return before if wanted == HIDDEN and before is not None else wanted


def _held(session: Session, society_id: str, source_id: str) -> Source:
    """The source, locked, for who changes it. Raises ``NotFound``, ``Going``."""
    get(session, society_id, source_id)
    found = runs.source(session, source_id, lock=True)
    if found is None:
        raise NotFound("There is no such source.")
    if removing.is_going(session, source_id):
        raise Going("The source is being removed.")
    return found


def _refuse_elsewhere(before: Source, hosts: frozenset[str], registry: Registry) -> None:
    """A secret that nobody may see must not be sent to a host that somebody just entered."""
    try:
        _, known = registry.build(before.connector, before.config)
    except Invalid:
        known_hosts: frozenset[str] = frozenset()
    else:
        known_hosts = hosts_in(known)
    if not hosts <= known_hosts:
        mend = "Enter the secret again: the source is to be read from another host."
        raise Invalid(
            "The stored secret is not sent to another host.",
            fields=[FieldProblem("/config", "secret-elsewhere", mend)],
        )


def _check_name(name: str) -> None:
    if len(name) > LONGEST_NAME or not name.isprintable():
        mend = f"Use up to {LONGEST_NAME} printable characters."
        raise Invalid("The name cannot be used.", fields=[FieldProblem("/name", "name", mend)])


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    names = {*before, *after}
    return sorted(name for name in names if before.get(name) != after.get(name))


def _told(source: Source) -> dict[str, Any]:
    return {
        "name": source.name, "connector": source.connector, "every_hours": source.every_hours,
    }  # fmt: skip


def _number(cursor: str) -> int:
    key = decode_cursor(cursor)
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        raise Invalid(
            "The cursor is not one that this node gave out; start again without it.",
            fields=[FieldProblem("cursor", "cursor-invalid", "Leave it out to start again.")],
        )
    return int(key)


def _note(
    session: Session, source: Source, action: str, *, who: str, at: datetime, after: Any,
    before: Any = None,
) -> None:  # fmt: skip
    audit.record(
        session, who=who, action=action, subject=f"source:{source.id}", at=at, before=before,
        after=after, organisation_id=source.society_id,
    )  # fmt: skip
