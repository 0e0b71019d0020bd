"""The query language of the API and of the page: parameters in, a checked ``Query`` out.

Pure. Every parameter is somebody's input: what is not understood is refused with the parameter's
name and what would be right, never ignored and never handed to an engine.
"""

import re
from collections.abc import Mapping, Sequence

from app.catalogue import Delivery, Kind
from app.platform.problems import FieldProblem, Invalid
from app.search.index import FACETS, MAX_DEPTH, MAX_PER_PAGE, Query, Sort

MAX_TEXT = 300
MAX_VALUES = 50
MAX_VALUE = 200
OTHERS = ("q", "page", "per_page", "sort")

_CHOICES: Mapping[str, Sequence[str]] = {
    "delivery": [member.value for member in Delivery],
    "kind": [member.value for member in Kind],
    "price": ["free", "paid"],
}
_FORMS: Mapping[str, tuple[str, str]] = {
    "language": (r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", "a language tag such as en or zh-Hant"),
    "country": (r"[A-Z]{2}", "two capital letters of ISO 3166-1 such as CN"),
    "field": (r"[0-9]{2,4}", "two to four digits of ISCED-F 2013 such as 0732"),
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
        deepest = f"Pages end at hit {MAX_DEPTH}; add a filter instead."
        wrong.append(FieldProblem("page", "too-deep", deepest))
    if wrong:
        raise Invalid("The search cannot be understood.", fields=wrong)
    return Query(text, filters, page, per_page, Sort(sort), locale)


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
    name: str, given: Mapping[str, list[str]], wrong: list[FieldProblem], *, default: int, most: int
) -> int:
    text = _one(name, given, wrong)
    if not text:
        return default
    if re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= most:
        return int(text)
    wrong.append(FieldProblem(name, "not-in-range", f"Use a whole number from 1 to {most}."))
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
