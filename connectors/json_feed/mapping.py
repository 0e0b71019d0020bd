"""From one item of JSON to a course, by a declared mapping.

``fields`` names our fields, each with where its values are (``connectors.json_feed.values``). Runs,
offers and credits are lists of their own: ``each`` says where they stand, and the paths of their
fields begin there. A path that finds nothing leaves its field empty; only a title is indispensable.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from connectors.contract import CourseDraft, CreditDraft, OfferDraft, RejectRecord, RunDraft
from connectors.json_feed import paths
from connectors.json_feed.parts import (
    IDENTIFIERS,
    MANY,
    ONE,
    RUN,
    TEXTS,
    CourseFields,
    CreditPart,
    OfferPart,
    RunPart,
)
from connectors.json_feed.paths import Path
from connectors.json_feed.values import Taker, Values, taker
from connectors.rows import number_and_unit

MOST_PARTS = 500
"""Runs, offers or credits of one course."""

_FIELD = re.compile(r"(?P<field>\w+)(?:\[\d+\])?(?:\.(?P<member>\w+))?")
_LINES = frozenset({"outcomes", "prerequisites"})
"""Texts that are lists in many feeds: one line for each."""
_RUN_TEXTS = tuple(name for name in RUN if name not in {"latitude", "longitude", "instructors"})
_BY_PLACE = frozenset({"source_id", "start", "end", "enrol_start", "enrol_end"})
_SAYS_NOTHING = frozenset({"source_id", "currency", "audience", "timezone"})
"""What makes no run and no offer when it stands alone."""

Takers = tuple[Taker, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of part that has been understood."""

    each: Path
    fields: Mapping[str, Takers]
    offers: tuple["Part", ...] = ()
    by_place: bool = False

    def all(self, root: Any) -> Iterator[tuple[Any, dict[str, list[str]]]]:
        """Each of them, with its texts by field; those that say nothing are left out."""
        found = ((one, texts) for one in self.each.all(root) for texts in self._texts(one))
        yield from islice(
            (
                (one, texts)
                for one, texts in found
                if any(texts[name] for name in texts if name not in _SAYS_NOTHING)
            ),
            MOST_PARTS,
        )

    def _texts(self, root: Any) -> list[dict[str, list[str]]]:
        texts = {name: _texts(takers, root) for name, takers in self.fields.items()}
        if not self.by_place:
            return [texts]
        longest = max((len(found) for name, found in texts.items() if name in _BY_PLACE), default=0)
        return [
            {n: found[i : i + 1] if n in _BY_PLACE else found for n, found in texts.items()}
            for i in range(longest)
        ]


def _texts(takers: Takers, root: Any) -> list[str]:
    return [text for one in takers for text in one.texts(root)]


def _understood(fields: Mapping[str, Values]) -> dict[str, Takers]:
    return {name: tuple(map(taker, values)) for name, values in fields.items()}


def _part(spec: RunPart | OfferPart | CreditPart) -> Part:
    offers = spec.offers if isinstance(spec, RunPart) else ()
    each = paths.parse(spec.each)
    by_place = isinstance(spec, RunPart) and spec.by_place
    return Part(each, _understood(spec.fields), tuple(map(_part, offers)), by_place)


class Mapper:
    """Maps items; made once from a configuration."""

    def __init__(
        self,
        fields: CourseFields,
        *,
        runs: Iterable[RunPart],
        offers: Iterable[OfferPart],
        credits: Iterable[CreditPart],  # noqa: A002  it is our word
        base: str,
    ) -> None:
        self._fields = _understood(fields)
        self._runs = tuple(map(_part, runs))
        self._offers = tuple(map(_part, offers))
        self._credits = tuple(map(_part, credits))
        self._base = base

    def course(self, root: Any) -> CourseDraft:
        """Map one item. Raises ``RejectRecord`` when it has no title."""
        language = self._one(root, "metadata_language")
        texts = {name: self._by_language(root, name, language or "und") for name in TEXTS}
        if not texts["title"]:
            raise self._untitled()
        told: dict[str, Any] = {
            **texts,
            **{name: self._one(root, name) for name in ONE if name not in {"url", "image"}},
            **{name: tuple(self._all(root, name)) for name in MANY},
        }
        return CourseDraft(
            **told,
            url=self._address(self._one(root, "url")),
            image=self._address(self._one(root, "image")),
            identifiers=tuple(self._identifiers(root)),
            credits=tuple(dict.fromkeys(self._made_credits(root))),
            runs=tuple(self._made_runs(root)),
            offers=tuple(dict.fromkeys(self._made_offers(self._offers, root))),
        )

    def silent(self, roots: list[Any]) -> list[str]:
        """The course fields that find nothing in any of these items."""
        return [
            name
            for name, takers in self._fields.items()
            if not any(one.texts(root) or one.by_language(root, "und", None)
                       for root in roots for one in takers)
        ]  # fmt: skip

    def where(self, name: str) -> str:
        """The paths of a field, as they were written."""
        takers = (one for field, many in self._fields.items() for one in many
                  if field.partition("@")[0] == name)  # fmt: skip
        return _written(takers)

    def place(self, path: str) -> str | None:
        """The paths that a course's field (``runs[1].start``) comes from."""
        found = _FIELD.match(path)
        if found is None:
            return None
        parts = {"runs": self._runs, "offers": self._offers, "credits": self._credits}
        if found["field"] not in parts:
            return self.where(found["field"]) or None
        for part in parts[found["field"]]:
            written = _written(part.fields.get(found["member"] or "", ()))
            if written:
                within = "" if part.each.text == "." else f"`{part.each.text}` "
                return within + written
        return None

    def _untitled(self) -> RejectRecord:
        where = self.where("title")
        return RejectRecord(
            f"the item has no title: nothing is at {where}; give the course one",
            code="E-TITLE-MISSING",
            path=where.strip("`"),
        )

    def _all(self, root: Any, name: str) -> list[str]:
        return list(dict.fromkeys(_texts(self._fields.get(name, ()), root)))

    def _one(self, root: Any, name: str) -> str | None:
        found = (text for one in self._fields.get(name, ()) for text in one.texts(root))
        return next(found, None)

    def _by_language(self, root: Any, name: str, default: str) -> dict[str, str]:
        made: dict[str, str] = {}
        for field, takers in self._fields.items():
            base, _, tag = field.partition("@")
            if base == name:
                for one in takers:
                    join = "\n" if name in _LINES else None
                    said = one.by_language(root, tag or default, join)
                    for language, text in said.items():
                        shown = " ".join(text.split()) if name == "title" else text
                        made.setdefault(language, shown)
        return made

    def _identifiers(self, root: Any) -> Iterator[tuple[str, str]]:
        for field in self._fields:
            if field.startswith(IDENTIFIERS):
                scheme = field.removeprefix(IDENTIFIERS)
                yield from ((scheme, text) for text in self._all(root, field))

    def _made_credits(self, root: Any) -> Iterator[CreditDraft]:
        for part in self._credits:
            for _, texts in part.all(root):
                first = _firsts(texts)
                if told := first.pop("value", None):
                    value, unit = number_and_unit(told)
                    first["unit"] = first.get("unit") or unit
                    yield CreditDraft(value, **first)

    def _made_offers(self, parts: Iterable[Part], root: Any) -> Iterator[OfferDraft]:
        for part in parts:
            for _, texts in part.all(root):
                first = _firsts(texts)
                yield OfferDraft(**{**first, "url": self._address(first.get("url"))})

    def _made_runs(self, root: Any) -> Iterator[RunDraft]:
        seen: set[str] = set()
        for part in self._runs:
            for one, texts in part.all(root):
                first = _firsts({name: texts.get(name, []) for name in _RUN_TEXTS})
                told = first["source_id"]
                if told is not None and told in seen:
                    continue  # one section listed once for each group that it is meant for
                seen |= {told} if told else set()
                yield RunDraft(
                    **{**first, "url": self._address(first["url"])},
                    latitude=_coordinate(texts.get("latitude", [])),
                    longitude=_coordinate(texts.get("longitude", [])),
                    instructors=tuple(dict.fromkeys(texts.get("instructors", ()))),
                    offers=tuple(self._made_offers(part.offers, one)),
                )

    def _address(self, told: str | None) -> str | None:
        """An address as a whole: many lists give only the part after the host."""
        if told is None or not told.startswith("/"):
            return told
        try:
            return urljoin(self._base, told)
        except ValueError:
            return told


def _written(takers: Iterable[Taker]) -> str:
    told = (one.spec.path or one.spec.template for one in takers)
    return " or ".join(f"`{one}`" for one in told if one)


def _firsts(texts: Mapping[str, list[str]]) -> dict[str, Any]:
    return {name: next(iter(found), None) for name, found in texts.items()}


def _coordinate(found: list[str]) -> float | None:
    try:
        value = float(next(iter(found), ""))
    except ValueError:
        return None
    return value if -180 <= value <= 180 else None
