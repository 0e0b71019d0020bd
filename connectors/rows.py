"""From one row of a table to a course.

A row is kept as header -> cell, as the file has it. Which header is which field of ours comes from
``connectors.columns``; what a cell means (a date, a language, a price) is judged by the node.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors import columns
from connectors.contract import CourseDraft, CreditDraft, OfferDraft, RejectRecord, RunDraft

NO_TITLE = "there is no title in the column {!r}; give the course one"

_LISTS = re.compile(r"[;|\n；、]")
_COMMAS = re.compile(r"[,，]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_MEASURE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(\D.*)?")
_SERIAL = re.compile(r"([345]\d{4})(\.\d{1,12})?")
_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001  a sheet knows no time zones
_FREE = frozenset({"free", "gratis", "kostenlos", "免费"})


class Cells:
    """One row's cells, asked for by our fields."""

    def __init__(
        self, raw: Mapping[str, Any], fields: Mapping[str, str], constants: Mapping[str, str]
    ) -> None:
        self._raw = raw
        self._fields = fields
        self._constants = constants

    def header(self, field: str) -> str | None:
        return self._fields.get(field)

    def one(self, field: str) -> str | None:
        cell = self._raw.get(self._fields.get(field, ""))
        held = cell.strip() if isinstance(cell, str) else ""
        while len(held) > 1 and held[0] == held[-1] == '"':
            held = held[1:-1].strip()  # quoted several times over, as some exports do
        return held or self._constants.get(field)

    def many(self, field: str) -> tuple[str, ...]:
        """A cell that is a list: by semicolons, bars or lines; by commas if it has none of them."""
        held = self.one(field) or ""
        parts = (_LISTS if _LISTS.search(held) else _COMMAS).split(held)
        return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))

    def texts(self, field: str, language: str) -> dict[str, str]:
        """The texts of a field by language, from ``field`` and each ``field@language``."""
        found = {language: text} if (text := self.one(field)) else {}
        for name in dict.fromkeys((*self._fields, *self._constants)):
            base, at, tag = name.partition("@")
            if base == field and at and (text := self.one(name)):
                found[tag] = text
        return found

    def quantity(self, field: str) -> str | None:
        """A cell whose bare number takes the unit that its header names."""
        held, header = self.one(field), columns.words(self.header(field) or "")
        if held and _NUMBER.fullmatch(held) and header in columns.NAMES_ITS_UNIT:
            return f"{held} {header.removeprefix('contact ').removeprefix('study ')}"
        return held


def course(row: Cells, *further: Cells) -> CourseDraft:
    """Map one row, and further dates of its course. Raises ``RejectRecord`` without a title."""
    language = row.one("metadata_language") or "und"
    titles = row.texts("title", language)
    if not titles:
        header = row.header("title") or "title"
        raise RejectRecord(NO_TITLE.format(header), code="E-TITLE-MISSING", path=header)
    return CourseDraft(
        title=titles,
        url=row.one("url"),
        summary=row.texts("summary", language),
        description=row.texts("description", language),
        outcomes=row.texts("outcomes", language),
        prerequisites=row.texts("prerequisites", language),
        kind=next(iter(row.many("kind")), None),
        metadata_language=row.one("metadata_language"),
        teaching_languages=row.many("teaching_languages"),
        provider=row.one("provider"),
        identifiers=tuple(
            (scheme, value) for scheme in ("code", "doi") if (value := row.one(scheme))
        ),
        fields=row.many("fields"),
        subjects=row.many("subjects"),
        skills=row.many("skills"),
        competences=row.many("competences"),
        standards=row.many("standards"),
        level=row.one("level"),
        credits=_credits(row),
        duration=row.quantity("duration"),
        effort=row.quantity("effort"),
        delivery=_delivery(row),
        licence=row.one("licence"),
        access=row.one("access"),
        image=row.one("image"),
        runs=tuple(dict.fromkeys(run for one in (row, *further) for run in _runs(one))),
        offers=tuple(dict.fromkeys(offer for one in (row, *further) for offer in _offers(one))),
        created=_date(row.one("created")),
        modified=_date(row.one("modified")),
    )


def own_id(cells: Cells) -> str | None:
    """The row's own id or code, else its address."""
    told = (cells.one(field) for field in ("id", "code", "url") if cells.header(field))
    return next((value for value in told if value), None)


def title_id(titles: Mapping[str, str]) -> str:
    """An id made of the title, for rows that have none; case and spaces do not matter."""
    told = " ".join(" ".join(titles.values()).casefold().split())
    return "title:" + hashlib.sha256(told.encode()).hexdigest()[:32]


def number_and_unit(text: str) -> tuple[str, str | None]:
    """``"2.0 CEUs"`` is 2.0 and CEUs; what is no number with a unit is left as it is."""
    found = _MEASURE.fullmatch(text[:100])
    return (found[1], found[2]) if found else (text, None)


def _credits(row: Cells) -> tuple[CreditDraft, ...]:
    value = row.one("credit")
    if value is None:
        return ()
    header = columns.words(row.header("credit") or "")
    number, told = number_and_unit(value)
    return (
        CreditDraft(
            value=number,
            unit=row.one("credit_unit")
            or told
            or (header if header in columns.NAMES_ITS_UNIT else None),
            framework=row.one("credit_framework"),
            category=row.one("credit_category"),
            approval_no=row.one("approval_no"),
        ),
    )


def _delivery(row: Cells) -> tuple[str, ...]:
    told = row.many("delivery")
    if told:
        return told
    online = (row.one("online") or "").casefold()
    if online in ("true", "yes", "y", "1"):
        return ("online",)
    return ("onsite",) if online in ("false", "no", "n", "0") else ()


def _date(told: str | None) -> str | None:
    """A date; where a spreadsheet gave its own number of the day, that day (1982 to 2064)."""
    found = _SERIAL.fullmatch(told) if told else None
    if found is None:
        return told
    day = _DAY_0 + timedelta(days=int(found[1]))
    if not found[2]:
        return day.date().isoformat()
    moment = day + timedelta(minutes=round(Decimal(found[2]) * 24 * 60))
    return moment.isoformat()


def _runs(row: Cells) -> tuple[RunDraft, ...]:
    """The dated delivery that the row describes, if it gives a date or a place."""
    place = ", ".join(part for part in (row.one("place"), row.one("city")) if part)
    run = RunDraft(
        start=_date(row.one("start")),
        end=_date(row.one("end")),
        enrol_start=_date(row.one("enrol_start")),
        enrol_end=_date(row.one("enrol_end")),
        timezone=row.one("timezone"),
        place_name=place or None,
        place_country=row.one("country"),
        instructors=row.many("instructors"),
    )
    return (run,) if run.start or run.end or place else ()


def _offers(row: Cells) -> tuple[OfferDraft, ...]:
    currency, category = row.one("currency"), row.one("price_category")
    offers = []
    for field, audience in (("price", None), ("member_price", "member")):
        amount = row.one(field)
        if amount is not None and amount.casefold() in _FREE:
            amount, category = "0", "free"
        if amount is not None or (category is not None and audience is None):
            offers.append(OfferDraft(amount, currency, category, audience))
    return tuple(offers)
