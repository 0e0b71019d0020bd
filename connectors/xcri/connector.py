"""XCRI-CAP feeds, versions 1.1 and 1.2: one XML file with all of a provider's courses.

The file is gone through twice, course by course, so that memory does not grow with it: first to see
whether it is whole and what it says of its providers, then for its courses. Where courses carry
``recstatus`` it lists changes only, and what it does not list stays; else it lists everything.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints

from connectors import xml
from connectors.contract import (
    CourseDraft,
    Deletions,
    Fetch,
    Page,
    Rejected,
    SourceMisconfigured,
    Tombstone,
    Upsert,
)
from connectors.xcri import course
from connectors.xml_stream import Stream

PAGE_COURSES = 100
MAX_COURSES = 100_000
_DELETED = "3"
_LINES = 65_535
"""From here on the parser no longer tells the line."""


class Xcri:
    """Reads one XCRI-CAP feed, of version 1.1 or 1.2."""

    contract: ClassVar[int] = 1
    deletions: Deletions = Deletions.NEVER
    file_field: ClassVar[str] = "url"
    conditional: ClassVar[bool] = True

    class Config(BaseModel):
        """Where the feed is."""

        model_config = ConfigDict(extra="forbid", frozen=True)

        url: HttpUrl = Field(description="The feed's address: one XML file")
        currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = Field(
            default=None, description="Of prices that do not say theirs, as GBP"
        )

    def __init__(self, config: Config) -> None:
        self._url = str(config.url)
        self._currency = config.currency

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        """Read the whole file; it has no place to go on from, so ``since`` changes nothing."""
        fetched = fetch(self._url, headers={"Accept": "application/xml, text/xml;q=0.9"})
        stream = Stream(fetched.body, where=fetched.url)
        found = _survey(stream, fetched.url)
        self.deletions = Deletions.TOMBSTONES if found.delta else Deletions.SNAPSHOT
        held: list[Upsert | Tombstone | Rejected] = []
        warnings, given = stream.warnings, 0
        for item in _items(stream, found):
            held.append(item)
            if len(held) == PAGE_COURSES and given + len(held) < found.courses:
                yield Page(tuple(held), None, expected=found.courses, warnings=warnings)
                given, held, warnings = given + len(held), [], ()
        yield Page(tuple(held), None, complete=True, expected=found.courses, warnings=warnings)

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        """Map one course, kept as its XML with what is told of its provider."""
        return course.course(raw, currency=self._currency)


@dataclass(slots=True)
class _Survey:
    """What a first look at the whole file found."""

    courses: int = 0
    delta: bool = False
    providers: list[dict[str, str]] = field(default_factory=list)
    """What each provider says of itself, in the file's order."""


def _survey(stream: Stream, where: str) -> _Survey:
    """Raises ``SourceMisconfigured`` for what is no XCRI-CAP, or too much of it."""
    found = _Survey()
    for element in stream.elements("course", "provider"):
        if xml.name(element) == "provider":
            if _is_top(element):
                found.providers.append(course.provider(element))
        elif _is_offered(element):
            found.courses += 1
            found.delta = found.delta or bool(element.get("recstatus"))
            if found.courses > MAX_COURSES:
                raise SourceMisconfigured(f"{where}: more than {MAX_COURSES} courses; divide it")
    if stream.root not in ("catalog", "provider"):
        raise SourceMisconfigured(
            f"{where}: not XCRI-CAP: the root is {stream.root!r}, not 'catalog'"
        )
    return found


def _items(stream: Stream, found: _Survey) -> Iterator[Upsert | Tombstone | Rejected]:
    """Each course as an item; of two with one id, the second is kept with the reason."""
    seen: dict[str, int] = {}
    at = 0
    for element in stream.elements("course", "provider"):
        if xml.name(element) == "provider":
            at += _is_top(element)
        elif _is_offered(element):
            told = _within_provider(element) and at < len(found.providers)
            yield _item(element, found.providers[at] if told else {}, seen)


def _item(
    element: xml.Element, provider: Mapping[str, str], seen: dict[str, int]
) -> Upsert | Tombstone | Rejected:
    line = _line(element)
    own = course.own_id(element)
    given = xml.as_text(element)
    raw: dict[str, Any] = {"course": given, "provider": dict(provider)}
    if own is None:
        message = "the course has no identifier; give each its own dc:identifier"
        return Rejected(_made_up(given), raw, "E-ID-MISSING", message, line)
    if own in seen:
        at = f", which the one in line {seen[own]} has" if seen[own] else ""
        message = f"the course has the identifier {own}{at}; give each its own"
        return Rejected(f"{own}#line:{line or given[:80]}", raw, "W-DUP-ID", message, line)
    seen[own] = line or 0
    return Tombstone(own) if element.get("recstatus") == _DELETED else Upsert(own, raw, line)


def _line(element: xml.Element) -> int | None:
    told: Any = element.sourceline
    return int(told) if told and told < _LINES else None


def _is_top(element: xml.Element) -> bool:
    """Whether a provider offers courses; those inside a presentation are venues."""
    above = element.getparent()
    return above is None or xml.name(above) == "catalog"


def _within_provider(course: xml.Element) -> bool:
    above = course.getparent()
    return above is not None and xml.name(above) == "provider"


def _is_offered(element: xml.Element) -> bool:
    above = element.getparent()
    return above is not None and xml.name(above) in ("provider", "catalog")


def _made_up(given: str) -> str:
    return "sha256:" + hashlib.sha256(given.encode()).hexdigest()
