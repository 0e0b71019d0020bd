"""Checking what has parts of its own: credits, offers, course runs.

As in ``values``: anything may come in, only what is clean goes out, nothing raises.
"""

import math
from collections.abc import Mapping
from typing import Any

from app.catalogue import amounts, codes, dates, values
from app.catalogue.findings import Findings
from app.catalogue.model import CourseRun, Credit, Offer, Price

MAX_RUNS = 200
_UNITS = "Say hour, contact-hour, class-hour, PDH, PDU, CEU, CPD-point or ECTS."


def credit(value: object, *, path: str, found: Findings) -> Credit | None:
    """A number with its unit; without a unit it is kept, but cannot be counted."""
    item = values.mapping(value, path=path, found=found)
    text = values.line(item.get("value"), path=f"{path}.value", found=found)
    if text is None:
        return None
    number, words = amounts.credit_value(text)
    if number is None:
        found.warn(
            "W-CREDIT-VALUE",
            path=f"{path}.value",
            message="Not a number, so left out.",
            value=text,
            hint="Write a decimal number, such as 12.5.",
        )
        return None
    said = values.line(item.get("unit"), path=f"{path}.unit", found=found, limit=40) or words
    unit = amounts.credit_unit(said) if said else None
    if said is None:
        found.warn(
            "W-CREDIT-NO-UNIT",
            path=f"{path}.unit",
            value=text,
            message="Nobody can count a number without its unit.",
            hint=_UNITS,
        )
    elif unit is None:
        several = amounts.is_ambiguous(said)
        found.warn(
            "W-CREDIT-UNIT-AMBIGUOUS" if several else "W-CREDIT-UNIT",
            path=f"{path}.unit",
            message="Bodies mean different things by it; kept as the source wrote it, not counted."
            if several
            else "Kept as the source wrote it, not counted.",
            value=said,
            hint=_UNITS,
        )
    return Credit(
        value=number,
        unit=unit or (said[:40] if said else None),
        framework=values.line(item.get("framework"), path=f"{path}.framework", found=found),
        jurisdiction=values.one_coded(
            item.get("jurisdiction"),
            codes.jurisdiction,
            code="W-COUNTRY",
            found=found,
            path=f"{path}.jurisdiction",
            hint="Use ISO 3166, such as KE or US-TX.",
        ),
        category=values.line(item.get("category"), path=f"{path}.category", found=found),
        approval_no=values.line(item.get("approval_no"), path=f"{path}.approval_no", found=found),
    )


def offer(value: object, *, path: str, found: Findings, country: str | None = None) -> Offer | None:
    """A price; an amount without its currency is left out, that it costs something is kept.

    ``country`` is where it is paid, as far as that is known: it tells a dollar from a dollar.
    """
    item = values.mapping(value, path=path, found=found)
    amount, currency, sign = _money(item, path=path, found=found, country=country)
    category = values.one_coded(
        item.get("category"),
        codes.price,
        code="W-PRICE-CATEGORY",
        found=found,
        path=f"{path}.category",
        hint=f"Use one of {', '.join(Price)}.",
    )
    if amount == "0":
        category = category or str(Price.FREE)
    elif amount is not None:
        category = category if category != Price.FREE else str(Price.PAID)
        category = category or str(Price.PAID)
        if currency is None:
            found.warn(
                "W-CURRENCY-AMBIGUOUS" if sign else "W-PRICE-NO-CURRENCY",
                path=f"{path}.currency",
                value=f"{amount} {sign}" if sign else amount,
                message="The amount was left out: several currencies are written so."
                if sign
                else "The amount was left out: its currency is not known.",
                hint="Give the ISO 4217 code, such as KES.",
            )
            amount = None
    audience = values.line(item.get("audience"), path=f"{path}.audience", found=found)
    made = Offer(
        amount=amount,
        currency=currency if amount is not None else None,
        category=category,
        audience=audience.casefold() if audience else None,
        url=values.url(item.get("url"), path=f"{path}.url", found=found),
    )
    return made if made.category or made.amount or made.url else None


def offers(
    value: object, *, path: str, found: Findings, country: str | None = None
) -> tuple[Offer, ...]:
    """A list of prices, each once."""
    listed = enumerate(values.entries(value, path=path, found=found))
    made = (offer(one, path=f"{path}[{n}]", found=found, country=country) for n, one in listed)
    return tuple(dict.fromkeys(one for one in made if one))


def run(value: object, *, path: str, found: Findings) -> CourseRun | None:
    """One dated delivery; ``None`` when nothing usable is left of it."""
    item = values.mapping(value, path=path, found=found)
    start, end = _span(item, "start", "end", path=path, found=found)
    enrol_start, enrol_end = _span(item, "enrol_start", "enrol_end", path=path, found=found)
    latitude, longitude = _place(item, path=path, found=found)
    country = values.country(item.get("place_country"), path=f"{path}.place_country", found=found)

    def text(name: str) -> str | None:
        return values.line(item.get(name), path=f"{path}.{name}", found=found)

    made = CourseRun(
        source_id=text("source_id"),
        start=start,
        end=end,
        enrol_start=enrol_start,
        enrol_end=enrol_end,
        timezone=values.one_coded(
            item.get("timezone"),
            dates.timezone,
            code="W-TIMEZONE",
            path=f"{path}.timezone",
            hint="Use an IANA name, such as Africa/Nairobi.",
            found=found,
        ),
        place_name=text("place_name"),
        place_country=country,
        latitude=latitude,
        longitude=longitude,
        delivery=values.delivery(
            item.get("delivery"), live="T" in (start or ""), path=f"{path}.delivery", found=found
        ),
        language=values.language(item.get("language"), path=f"{path}.language", found=found),
        url=values.url(item.get("url"), path=f"{path}.url", found=found),
        instructors=values.lines(item.get("instructors"), path=f"{path}.instructors", found=found),
        offers=offers(item.get("offers"), path=f"{path}.offers", found=found, country=country),
    )
    return made if made != CourseRun() else None


def _span(
    item: Mapping[str, Any], first: str, last: str, *, path: str, found: Findings
) -> tuple[str | None, str | None]:
    start = values.date(item.get(first), path=f"{path}.{first}", found=found)
    end = values.date(item.get(last), path=f"{path}.{last}", found=found)
    if dates.ordered(start, end):
        return start, end
    found.warn(
        "W-DATE-ORDER",
        path=f"{path}.{last}",
        value=end,
        message=f"It lies before the start ({start}), so it was left out.",
        hint="Check both dates.",
    )
    return start, None


def _place(
    item: Mapping[str, Any], *, path: str, found: Findings
) -> tuple[float | None, float | None]:
    given = item.get("latitude"), item.get("longitude")
    if given == (None, None):
        return None, None
    try:
        latitude, longitude = (float(one) for one in given)  # type: ignore[arg-type]  # caught
    except (TypeError, ValueError, OverflowError):
        latitude = longitude = math.nan
    if -90 <= latitude <= 90 and -180 <= longitude <= 180:
        return latitude, longitude
    found.warn(
        "W-PLACE",
        path=f"{path}.latitude",
        message="Not a place, so left out.",
        value=given,
        hint="Give both, in degrees.",
    )
    return None, None


def _money(
    item: Mapping[str, Any], *, path: str, found: Findings, country: str | None
) -> tuple[str | None, str | None, str | None]:
    """The amount, its currency, and the sign for it where that may be one of several."""
    text = values.line(item.get("amount"), path=f"{path}.amount", found=found)
    written = values.line(item.get("currency"), path=f"{path}.currency", found=found)
    stated = amounts.currency(written, country) if written else None
    if written and stated is None and not amounts.shared_sign(written):
        found.warn(
            "W-CURRENCY",
            path=f"{path}.currency",
            message="Not understood, so left out.",
            value=written,
            hint="Use ISO 4217, such as KES.",
        )
        written = None
    if text is None:
        return None, stated, written
    read = amounts.money(text, country)
    if read.code:
        found.warn(
            read.code,
            path=f"{path}.amount",
            message=_PRICE_FAULTS[read.code],
            value=text,
            hint="Write a decimal number, such as 1200.50.",
        )
    shared = read.mark if read.mark and amounts.shared_sign(read.mark) else None
    return read.amount, stated or read.currency, shared or written


_PRICE_FAULTS = {
    "W-PRICE-AMOUNT": "Not an amount, so left out.",
    "W-PRICE-RANGE": "It says from and to, so it was left out.",
    "W-PRICE-AMBIGUOUS": "The dot may part thousands or decimals, so it was left out.",
}
