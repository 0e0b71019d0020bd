"""The query language of the API and of the page: parameters in, a checked ``Query`` out.

Pure. Every parameter is somebody's input: what is not understood is refused with the parameter's
name and what would be right, never ignored and never handed to an engine.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from app.catalogue import Delivery, Kind
from app.platform.problems import FieldProblem, Invalid
from app.search.index import (
    FACETS,
    MAX_DEPTH,
    MAX_NEAREST,
    MAX_PER_PAGE,
    MAX_VALUE,
    CreditRange,
    Dates,
    Near,
    Query,
    Sort,
)
from app.search.nearby import FARTHEST_NORTH, LEAST_KM, MOST_KM
from app.search.project import PACES
from app.search.searchable import MOST_CREDIT

MAX_TEXT = 300
MAX_VALUES = 50
RANGES = ("from", "until", "credit_min", "credit_max", "near", "within")
OTHERS = ("q", "page", "per_page", "sort", *RANGES)
USUAL_KM = 50
"""How far ``near`` reaches where ``within`` does not say."""

_CHOICES: Mapping[str, Sequence[str]] = {
    "delivery": [member.value for member in Delivery],
    "kind": [member.value for member in Kind],
    "price": ["free", "paid"],
    "pace": PACES,
}
_FORMS: Mapping[str, tuple[str, str]] = {
    "language": (r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", "a language tag such as en or zh-Hant"),
    "country": (r"[A-Z]{2}", "two capital letters of ISO 3166-1 such as CN"),
    "field": (r"[0-9]{2,4}", "two to four digits of ISCED-F 2013 such as 0732"),
    "competence": (r"EC([1-9]|1[0-3])", "EC1 to EC13 of the IEA's professional competences"),
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def parse(params: Mapping[str, str | Sequence[str]], *, locale: str = "en") -> Query:
    """A ``Query`` of raw parameters. Raises ``Invalid`` naming every field that is wrong.

    A parameter left empty (``society=``), as a form sends it, is one that was not given.
    """
    given = {
        name: [value] if isinstance(value, str) else list(value) for name, value in params.items()
    }
    wrong: list[FieldProblem] = []
    known = ", ".join((*OTHERS, *FACETS))
    wrong += [
        FieldProblem(name[:50], "unknown-parameter", f"There is no such parameter; known: {known}.")
        for name in given
        if name not in FACETS and name not in OTHERS
    ]
    filters = {name: found for name in FACETS if (found := _filter(name, given, wrong))}
    text = _text(given, wrong)
    page = _number("page", given, wrong, default=1, most=MAX_DEPTH)
    per_page = _number("per_page", given, wrong, default=20, most=MAX_PER_PAGE)
    sort = _one("sort", given, wrong) or Sort.RELEVANCE
    if sort not in list(Sort):
        wrong.append(FieldProblem("sort", "not-a-choice", f"Use one of: {', '.join(Sort)}."))
    if page * per_page > MAX_DEPTH:
        deepest = f"Pages end at hit {MAX_DEPTH}; add a filter, or read everything with `cursor`."
        wrong.append(FieldProblem("page", "too-deep", deepest))
    if sort == Sort.NEAREST and page * per_page > MAX_NEAREST:
        deepest = f"Pages by distance end at hit {MAX_NEAREST}; use a smaller circle or a filter."
        wrong.append(FieldProblem("page", "too-deep", deepest))
    dates = _dates(given, wrong)
    worth = _credits(given, filters, wrong, sort=sort)
    near = _near(given, wrong, sort=sort)
    if wrong:
        raise Invalid("The search cannot be understood.", fields=wrong)
    return Query(text, filters, page, per_page, Sort(sort), locale, dates, worth, near)


def _dates(given: Mapping[str, list[str]], wrong: list[FieldProblem]) -> Dates | None:
    """``from`` and ``until``: when a run begins."""
    first, last = (_date(name, given, wrong) for name in ("from", "until"))
    if first and last and last < first:
        wrong.append(FieldProblem("until", "not-in-range", "Use a date that is not before `from`."))
    return Dates(first, last) if first or last else None


def _date(name: str, given: Mapping[str, list[str]], wrong: list[FieldProblem]) -> str | None:
    text = _one(name, given, wrong)
    if not text:
        return None
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    wrong.append(FieldProblem(name, "not-a-date", "Use a date such as 2027-03-01."))
    return None


def _credits(
    given: Mapping[str, list[str]],
    filters: Mapping[str, tuple[str, ...]],
    wrong: list[FieldProblem],
    *,
    sort: str,
) -> CreditRange | None:
    """``credit_min`` and ``credit_max``: how much, in the one framework that ``credit`` names.

    Amounts of different frameworks are never compared, so there must be one, also to sort by it.
    """
    least, most = (_amount(name, given, wrong) for name in ("credit_min", "credit_max"))
    if least is not None and most is not None and most < least:
        mend = "Use a number that is not below `credit_min`."
        wrong.append(FieldProblem("credit_max", "not-in-range", mend))
    if least is None and most is None and sort != Sort.CREDITS:
        return None
    if len(filters.get("credit", ())) != 1:
        mend = "Name the one framework or unit whose credit is compared, such as credit=PDH."
        wrong.append(FieldProblem("credit", "framework-missing", mend))
        return None
    return CreditRange(filters["credit"][0], least, most)


def _amount(name: str, given: Mapping[str, list[str]], wrong: list[FieldProblem]) -> Decimal | None:
    text = _one(name, given, wrong)
    if not text:
        return None
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,2})?", text, re.ASCII) and Decimal(text) <= MOST_CREDIT:
        return Decimal(text)
    mend = f"Use a number from 0 to {MOST_CREDIT} such as 1.5, with two decimals at most."
    wrong.append(FieldProblem(name, "not-in-range", mend))
    return None


def _near(given: Mapping[str, list[str]], wrong: list[FieldProblem], *, sort: str) -> Near | None:
    """``near`` and ``within``: a place, and how many kilometres around it."""
    text = _one("near", given, wrong)
    km = _number("within", given, wrong, default=USUAL_KM, most=MOST_KM, least=LEAST_KM)
    if not text:
        if given.get("within", [""])[0].strip() or sort == Sort.NEAREST:
            mend = "Say near which place, as latitude and longitude: near=51.51,-0.13."
            wrong.append(FieldProblem("near", "place-missing", mend))
        return None
    degrees = r"(-?[0-9]{1,3}(?:\.[0-9]{1,8})?)"
    found = re.fullmatch(rf"{degrees}\s*,\s*{degrees}", text, re.ASCII)
    if found and abs(float(found[1])) <= FARTHEST_NORTH and abs(float(found[2])) <= 180:
        return Near(float(found[1]), float(found[2]), km)
    mend = (
        "Use latitude and longitude in degrees, such as 51.51,-0.13; the latitude from "
        f"-{FARTHEST_NORTH} to {FARTHEST_NORTH}."
    )
    wrong.append(FieldProblem("near", "not-a-place", mend))
    return None


def _one(name: str, given: Mapping[str, list[str]], wrong: list[FieldProblem]) -> str:
    values = given.get(name, [])
    if len(values) > 1:
        wrong.append(FieldProblem(name, "repeated", "Give this parameter once."))
    return values[0].strip() if values else ""


def _text(given: Mapping[str, list[str]], wrong: list[FieldProblem]) -> str:
    values = given.get("q", [])
    if len(values) > 1:
        wrong.append(FieldProblem("q", "repeated", "Give this parameter once."))
    text = _CONTROL.sub(" ", values[0]).lstrip() if values else ""
    if len(text) > MAX_TEXT:
        wrong.append(FieldProblem("q", "too-long", f"Use at most {MAX_TEXT} characters."))
    return text if text.strip() else ""


def _number(
    name: str,
    given: Mapping[str, list[str]],
    wrong: list[FieldProblem],
    *,
    default: int,
    most: int,
    least: int = 1,
) -> int:
    text = _one(name, given, wrong)
    if not text:
        return default
    if re.fullmatch("[0-9]{1,9}", text) and least <= int(text) <= most:
        return int(text)
    mend = f"Use a whole number from {least} to {most}."
    wrong.append(FieldProblem(name, "not-in-range", mend))
    return default


def _filter(
    name: str, given: Mapping[str, list[str]], wrong: list[FieldProblem]
) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(v.strip() for v in given.get(name, []) if v.strip()))
    if len(values) > MAX_VALUES:
        wrong.append(FieldProblem(name, "too-many", f"Use at most {MAX_VALUES} values."))
        return ()
    if name in _CHOICES:
        allowed, mend = _CHOICES[name], f"Use one of: {', '.join(_CHOICES[name])}."
        bad = any(value not in allowed for value in values)
    elif name in _FORMS:
        pattern, what = _FORMS[name]
        mend = f"Use {what}."
        bad = any(not re.fullmatch(pattern, value, re.ASCII) for value in values)
    else:
        mend = f"Use at most {MAX_VALUE} characters, none of them a control character."
        bad = any(len(value) > MAX_VALUE or _CONTROL.search(value) for value in values)
    if bad:
        wrong.append(FieldProblem(name, "not-a-choice", mend))
    return values
