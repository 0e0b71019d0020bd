"""Where to go on to after signing in: a page of this site or nothing.

The address comes out of a link that anybody may have written. One that leads elsewhere, or that
some browser or proxy could read so, would make our own door send people to a stranger's (CWE-601).
So only what is plainly a path of ours is followed; everything else leads to the account.
"""

import re
from typing import Annotated
from urllib.parse import unquote, urlencode

from fastapi import Query

Then = Annotated[str, Query(alias="next")]
"""The page to go on to, as an address gives it: unchecked."""

ACCOUNT = "/account"
LONGEST = 1000
_PLAIN = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without blanks and without the backslash, which browsers read as a slash."""
_UNPLAIN = re.compile(r"//|/\.{1,2}(?:/|$)|\\|[\x00-\x20\x7f]")
_DOORS = ("/sign-in", "/sign-out")


def way_back(asked: str, *, otherwise: str = ACCOUNT) -> str:
    """``asked`` if it is a path of this site that can be read in one way only."""
    if not asked.startswith("/") or len(asked) > LONGEST or not _PLAIN.fullmatch(asked):
        return otherwise
    path = re.split(r"[?#]", asked, maxsplit=1)[0]
    for _ in range(3):  # who decodes it once more on the way must not come elsewhere either
        if _UNPLAIN.search(path):
            return otherwise
        path = unquote(path)
    if _UNPLAIN.search(path) or path.startswith(_DOORS):
        return otherwise
    return asked


def named_first(then: str) -> str:
    """The account's page, where a name is asked for, and from there on to ``then``."""
    onward = way_back(then)
    return ACCOUNT if onward == ACCOUNT else f"{ACCOUNT}?{urlencode({'next': onward})}"


def to_the_door(then: str, *, again: bool = False) -> str:
    """The address of the sign-in page that leads back to ``then``; ``again``, if signed in."""
    told = {"next": then} if then and way_back(then) == then else {}
    query = urlencode(told | ({"again": "1"} if again else {}))
    return f"/sign-in?{query}" if query else "/sign-in"
