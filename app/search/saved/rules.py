"""What a saved search may be called and hold, and when its mails are due. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from unicodedata import category

from app.platform.problems import FieldProblem, Invalid
from app.search.parameters import Parameters, lasting
from app.search.query import parse
from app.search.saved.model import Digest

LONGEST_NAME = 100
MOST = 50
"""How many searches one person keeps."""
HOUR = 6
"""When mails begin to be due, by UTC: the same for all searches of a person, so that they come
together; the weekly ones on Mondays."""
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=12)
_SEEN = "\u200c\u200d\t\n"
"""Joiners that Persian and Hindi need, and what parts words."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")


def name(untrusted: str) -> str:
    """Raises ``Invalid``."""
    seen = (one for one in untrusted if category(one)[0] != "C" or one in _SEEN)
    said = " ".join("".join(seen).split())
    if said and len(said) <= LONGEST_NAME:
        return said
    mend = f"Give it a name of up to {LONGEST_NAME} characters."
    raise Invalid("This is no name.", fields=[FieldProblem("/name", "not-a-name", mend)])


def digest(untrusted: str) -> Digest:
    """Raises ``Invalid``."""
    if untrusted in list(Digest):
        return Digest(untrusted)
    mend = f"Use one of: {', '.join(Digest)}."
    raise Invalid("That cannot be chosen.", fields=[FieldProblem("/digest", "not-a-choice", mend)])


def language(untrusted: str) -> str:
    """The language of a page; English where it is none."""
    return untrusted if _LANGUAGE.fullmatch(untrusted) else "en"


def parameters(untrusted: Mapping[str, str | Sequence[str]]) -> Parameters:
    """What of them lasts. Raises ``Invalid`` naming each that is not understood."""
    kept = lasting(untrusted)
    text = parse(kept).text.strip()  # without what a query cannot hold
    if "q" in kept:
        kept["q"] = [text]
    return lasting(kept)


def not_understood(kept: Parameters) -> tuple[FieldProblem, ...]:
    """What is wrong, today, with parameters that were understood once."""
    try:
        parse(kept)
    except Invalid as error:
        return error.fields
    return ()


def next_due(how: Digest, after: datetime) -> datetime | None:
    """When a search that was looked through then is to be looked through again."""
    if how is Digest.NONE:
        return None
    day = after.astimezone(UTC).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if day <= after:
        day += timedelta(days=1)
    return day if how is Digest.DAILY else day + timedelta(days=-day.weekday() % 7)


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts that failed."""
    doubled: int = 2 ** min(attempts - 1, 10)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)
