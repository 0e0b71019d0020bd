"""What speaks against two source records of one title being one course. Pure.

A title alone is weak: a university gives "Writing" in four departments, a catalogue calls the
German and the English edition by one name. So two records of one title are one course by themselves
only where nothing that both of them say differs; else a person is asked (``reviewing``).
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from app.catalogue import addresses, languages, texts
from app.catalogue.model import CourseData

_SIGNS = re.compile(r"[+#]+")
"""Part of a name, though no letters: C is not C++, and neither is C#."""
_TITLES_OF_PEOPLE = frozenset(
    ("dr", "prof", "professor", "mr", "mrs", "ms", "ing", "dipl", "eng", "engr", "sir", "phd",
     "msc")
)  # fmt: skip
_LOCAL_SCHEMES = frozenset({"code", "course-code", "local", "internal", "internalid"})


def differ(left: CourseData, right: CourseData, *, one_society: bool) -> bool:
    """Whether the two say different things of what one course has but one of."""
    return (
        _apart(_languages(left), _languages(right))
        or _signs(left.title) != _signs(right.title)
        or _apart(people(left), people(right))
        or _other_amounts(amounts(left), amounts(right))
        or _other(left.duration, right.duration)
        or _other(left.effort, right.effort)
        or _other(left.level, right.level)
        or (one_society and _apart(_codes(left), _codes(right)))
        or _other_pages(left.url, right.url)
    )


def people(data: CourseData) -> frozenset[str]:
    """Who gives the course, each name in one order and without titles."""
    return frozenset(person(name) for run in data.runs for name in run.instructors) - {""}


def person(name: str) -> str:
    words = texts.title_key(name).split()
    return " ".join(sorted(word for word in words if word not in _TITLES_OF_PEOPLE))


def _languages(data: CourseData) -> frozenset[str]:
    return frozenset(tag.split("-", 1)[0] for tag in data.title) - {languages.UNKNOWN}


def _signs(titles: Mapping[str, str]) -> frozenset[str]:
    return frozenset(sign for text in titles.values() for sign in _SIGNS.findall(text))


def amounts(data: CourseData) -> Mapping[str, str]:
    """Credit by its unit and by who gives it: several bodies may credit one course."""
    return {
        f"{one.unit} {one.framework or ''} {one.jurisdiction or ''}".rstrip(): one.value
        for one in data.credits
        if one.unit
    }


def _codes(data: CourseData) -> frozenset[str]:
    return frozenset(
        value.casefold() for scheme, value in data.identifiers if scheme in _LOCAL_SCHEMES
    )


def _apart(left: frozenset[str], right: frozenset[str]) -> bool:
    return bool(left and right) and not left & right


def _other(left: str | None, right: str | None) -> bool:
    return left is not None and right is not None and left != right


def _other_amounts(left: Mapping[str, str], right: Mapping[str, str]) -> bool:
    return any(not same_amount(left[unit], right[unit]) for unit in left.keys() & right.keys())


def same_amount(left: str, right: str) -> bool:
    try:
        return Decimal(left) == Decimal(right)
    except InvalidOperation:
        return left == right


def _other_pages(left: str | None, right: str | None) -> bool:
    """Whether both have pages of their own on one site, and not the same one."""
    if not left or not right or urlsplit(left).hostname != urlsplit(right).hostname:
        return False
    pages = addresses.match_key(left), addresses.match_key(right)
    return None not in pages and pages[0] != pages[1]
