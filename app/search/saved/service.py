"""Use cases of saved searches. The caller owns the transaction.

Everything is the person's own: who asks for somebody else's is told that there is none. The trail
notes that a search was kept, changed or given up, and not what it looks for.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.people.store import lock_person
from app.platform.ids import new_id
from app.platform.problems import Conflict, NotFound
from app.search.saved import rules, store
from app.search.saved.model import Digest, NewSearch, SavedSearch


class TooManySearches(Conflict):
    """A person keeps as many as anybody needs."""

    code = "too-many-searches"


class AlreadySaved(Conflict):
    """The person keeps this search already."""

    code = "already-saved"


def of_person(session: Session, person_id: str) -> Sequence[SavedSearch]:
    """A person's searches, by name."""
    return sorted(
        store.of_person(session, person_id), key=lambda one: (one.name.casefold(), one.id)
    )


def get(session: Session, person_id: str, search_id: str) -> SavedSearch:
    """Raises ``NotFound``."""
    found = store.find(session, person_id, search_id)
    if found is None:
        raise NotFound("You keep no such search.")
    return found


def save(session: Session, person_id: str, new: NewSearch, *, at: datetime) -> SavedSearch:
    """Keep a search. What is in the catalogue already is not told by mail later.

    Raises ``Invalid`` naming each bad field, ``TooManySearches`` and ``AlreadySaved``.
    """
    made = SavedSearch(
        id=new_id(),
        name=rules.name(new.name),
        parameters=rules.parameters(new.parameters),
        language=rules.language(new.language),
        digest=rules.digest(new.digest),
        created_at=at,
        told_at=at,
        told_until=at,
    )
    if not lock_person(session, person_id):
        raise NotFound("There is no such account.")
    held = store.of_person(session, person_id)
    for one in held:
        if one.parameters == made.parameters:
            raise AlreadySaved(f"You keep this search already: {one.name}.")
    if len(held) >= rules.MOST:
        raise TooManySearches(f"You keep {rules.MOST} searches; give one up first.")
    store.add(session, person_id, made)
    _settle(session, person_id)
    _note(session, person_id, "search.save", made.id, at=at, after={"digest": made.digest.value})
    return made


def change(
    session: Session, person_id: str, search_id: str, *, name: str, digest: str, at: datetime
) -> None:
    """Call it otherwise, or be told of it otherwise. Raises ``Invalid``, ``NotFound``.

    Who was told of nothing so far is told of what comes from now on.
    """
    called, how = rules.name(name), rules.digest(digest)
    lock_person(session, person_id)
    before = get(session, person_id, search_id)
    after = replace(before, name=called, digest=how)
    if before.digest is Digest.NONE and how is not Digest.NONE:
        after = replace(after, told_at=at, told_until=at)
    store.change(
        session,
        person_id,
        search_id,
        name=after.name,
        digest=after.digest.value,
        told_at=after.told_at,
        told_until=after.told_until,
    )
    _settle(session, person_id)
    _note(
        session,
        person_id,
        "search.change",
        search_id,
        at=at,
        before={"digest": before.digest.value},
        after={"digest": after.digest.value},
    )


def remove(session: Session, person_id: str, search_id: str, *, at: datetime) -> None:
    """Keep it no longer. Raises ``NotFound``."""
    lock_person(session, person_id)
    get(session, person_id, search_id)
    store.remove(session, person_id, search_id)
    _settle(session, person_id)
    _note(session, person_id, "search.remove", search_id, at=at)


def end_mails(session: Session, token: str, *, at: datetime) -> None:
    """Send whoever holds this token of a mail no more of them; the searches stay.

    Doing it twice does no harm. Raises ``NotFound``.
    """
    person_id = whose(session, token)
    lock_person(session, person_id)
    if store.end_mails(session, person_id):
        _settle(session, person_id)
        who = f"person:{person_id}"
        audit.record(session, who=who, action="search.end_mails", subject=who, at=at)


def whose(session: Session, token: str) -> str:
    """Whose mails a token ends. Raises ``NotFound``."""
    found = store.whose_token(session, token)
    if found is None:
        raise NotFound("This link ends no mails: the account it belonged to is gone, or it is cut.")
    return found


def _settle(session: Session, person_id: str) -> None:
    """Let the next mail be due when the first of the searches is, or when it is tried again."""
    due = store.due_of(store.of_person(session, person_id))
    standing = store.mail_of(session, person_id)
    if standing is None:
        if due is not None:
            store.add_mail(session, person_id, secrets.token_urlsafe(32), due_at=due)
        return
    under_way, tried_at = standing
    if due is not None and under_way and tried_at is not None:
        due = max(due, tried_at)
    store.set_mail(session, person_id, due_at=due)


def _note(
    session: Session, person_id: str, action: str, search_id: str, *, at: datetime, **states: Any
) -> None:
    who = f"person:{person_id}"
    after = {"search": search_id, **states.pop("after", {})}
    audit.record(
        session, who=who, action=action, subject=f"person:{person_id}", at=at, after=after, **states
    )
