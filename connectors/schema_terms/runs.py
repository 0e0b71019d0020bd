"""The dated deliveries and the prices in schema.org's descriptions of courses and events."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import isodate

from connectors.contract import OfferDraft, RunDraft
from connectors.schema_terms.jsonld import is_event, types
from connectors.schema_terms.values import (
    Node,
    address,
    decimal,
    first,
    languages,
    listed,
    nodes,
    text,
    texts,
)

MAX_RUNS = 200

_NO_DATE = re.compile(r"(?:0000|0001|1899|1970-01-01)")
"""How databases write that there is no date."""
_NO_MEMBERS = re.compile(r"\bnon[- ]?members?\b|\bnicht-?mitglied", re.IGNORECASE)
_MEMBERS = re.compile(r"\bmembers?\b|\bmitglied|会员|\bmembres?\b", re.IGNORECASE)
_PACES = frozenset({"full-time", "part-time", "full time", "part time", "fulltime", "parttime"})
_AT_ONCE = frozenset({"synchronous", "asynchronous"})
_DAY = 24 * 60
_FREE = frozenset({"free", "gratis", "kostenlos", "免费"})
_ONLINE = re.compile(r"(?:online|virtual|https?://|zoom\b|webinar\b)", re.IGNORECASE)


def runs(described: Sequence[Node], base: str) -> tuple[RunDraft, ...]:
    """Every delivery: of a course its instances, of an event itself, of a series its events."""
    made: list[RunDraft] = []
    for node in described:
        instances = list(nodes(node.get("hasCourseInstance")))
        if "EventSeries" in types(node):
            instances += nodes(node.get("subEvent"))
        for one in instances or [node]:
            if not cancelled(one) and len(made) < MAX_RUNS:
                made.append(_run(one, base))
    dated = (run for run in made if run.start or run.end or run.place_name or run.enrol_start)
    return tuple(dict.fromkeys(dated))


def cancelled(node: Node) -> bool:
    """Whether it says that it does not take place."""
    return text(node.get("eventStatus")).rsplit("/", 1)[-1].casefold() == "eventcancelled"


def _run(node: Node, base: str) -> RunDraft:
    schedule = next(nodes(node.get("courseSchedule") or node.get("eventSchedule")), {})
    postponed = text(node.get("eventStatus")).endswith("EventPostponed")
    given = {} if postponed else node  # the date that it had is not one any more
    opens = _date(node, "applicationStartDate") or _offered(node, "validFrom")
    closes = _date(node, "applicationDeadline") or _offered(node, "availabilityEnds")
    place, where = _place(node)
    said = languages(node.get("inLanguage"))
    return RunDraft(
        source_id=_identity(node),
        start=_date(given, "startDate") or _date({} if postponed else schedule, "startDate"),
        end=_date(given, "endDate") or _date({} if postponed else schedule, "endDate"),
        enrol_start=opens,
        enrol_end=closes,
        timezone=text(schedule.get("scheduleTimezone")) or None,
        place_name=place,
        place_country=text(_within(where, "address").get("addressCountry")) or None,
        latitude=decimal(_coordinate(where, "latitude")),
        longitude=decimal(_coordinate(where, "longitude")),
        delivery=next(iter(delivery(node)), None),
        language=said[0] if len(said) == 1 else None,
        url=address(node.get("url"), base),
        instructors=_people(node),
        offers=offers(node, base),
    )


def _identity(node: Node) -> str | None:
    held = node.get("@id")
    return held if isinstance(held, str) and held else None


def _date(node: Node, name: str) -> str | None:
    found = text(node.get(name))
    return None if not found or _NO_DATE.match(found) else found


def _offered(node: Node, name: str) -> str | None:
    return next((found for one in nodes(node.get("offers")) if (found := _date(one, name))), None)


def delivery(node: Node) -> tuple[str, ...]:
    """How it is given: as it says, else as its places show."""
    said = _modes(texts(node.get("courseMode"))) or texts(node.get("eventAttendanceMode"))
    if said:
        return said
    online = onsite = False
    for one in listed(node.get("location")):
        named = types(one) if isinstance(one, dict) else ()
        if "VirtualLocation" in named or (not named and _ONLINE.match(text(one))):
            online = True
        elif named:
            onsite = True
    if online and onsite:
        return ("blended",)
    return ("virtual",) if online else ("onsite",) if onsite else ()


def _modes(said: Sequence[str]) -> tuple[str, ...]:
    """``courseMode`` without what it says beside the way of teaching.

    It may name the pace (full-time), and whether all are there at once: that tells two ways of
    teaching online apart, and nothing of those on site.
    """
    ways = [one for one in said if one.casefold() not in _PACES]
    folded = {one.casefold() for one in ways}
    if len(folded) > 1 and folded & _AT_ONCE:
        online = "online" in folded
        dropped = {"online"} if online else _AT_ONCE
        ways = [one for one in ways if one.casefold() not in dropped]
    return tuple(ways)


def _place(node: Node) -> tuple[str | None, Node]:
    """(name, the place itself) of the first place that is one to go to."""
    for one in listed(node.get("location")):
        if not isinstance(one, dict):
            if text(one) and not _ONLINE.match(text(one)):
                return text(one), {}
        elif "VirtualLocation" not in types(one):
            held = one.get("address")
            where = _within(one, "address")
            parts = [text(one.get("name")), text(held) if isinstance(held, str) else ""]
            if not any(parts):
                parts.append(text(where.get("streetAddress")))
            parts.append(text(where.get("addressLocality")))
            unique = dict.fromkeys(part for part in parts if part)
            return ", ".join(unique) or None, one
    return None, {}


def _within(node: Node, name: str) -> Node:
    return next(nodes(node.get(name)), {})


def _coordinate(where: Node, name: str) -> Any:
    return where.get(name, _within(where, "geo").get(name))


def _people(node: Node) -> tuple[str, ...]:
    """Who teaches; organisations that perform are left out."""
    found: dict[str, None] = {}
    for name in ("instructor", "performer"):
        for one in listed(node.get(name)):
            organisation = isinstance(one, dict) and any(
                "Organization" in kind or kind.endswith("Group") for kind in types(one)
            )
            if not organisation and (called := text(one)):
                found.setdefault(called)
    return tuple(found)


def offers(node: Node, base: str) -> tuple[OfferDraft, ...]:
    """The prices of a node, each once."""
    return tuple(dict.fromkeys(_offers(node, base)))


def _offers(node: Node, base: str) -> Iterator[OfferDraft]:
    for one in listed(node.get("offers")):
        if isinstance(one, dict):
            yield from _offer(one, base)
        elif text(one).casefold() in _FREE:
            yield OfferDraft(amount="0", category="free")


def _offer(one: Node, base: str) -> Iterator[OfferDraft]:
    inner = list(nodes(one.get("offers")))
    if inner and "AggregateOffer" in types(one):
        for each in inner:
            yield from _offer(each, base)
        return
    described = next(nodes(one.get("priceSpecification")), {})
    amount = text(first(one, "price", "lowPrice")) or text(described.get("price"))
    if _zero(one.get("price")) or _zero(one.get("lowPrice")):
        amount = "0"
    category = text(one.get("category")) or None
    if amount.casefold() in _FREE:
        amount, category = "0", "free"
    words = " ".join((text(one.get("name")), text(one.get("description"))))
    audience = "public" if _NO_MEMBERS.search(words) else None
    if audience is None and _MEMBERS.search(words):
        audience = "member"
    draft = OfferDraft(
        amount=amount or None,
        currency=text(one.get("priceCurrency")) or text(described.get("priceCurrency")) or None,
        category=category,
        audience=audience,
        url=address(one.get("url"), base),
    )
    if draft.amount or draft.category:
        yield draft


def _zero(value: Any) -> bool:
    """Whether a price is the number 0, which counts as no value elsewhere."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == 0


def lasts(node: Node) -> str | None:
    """How long it lasts: as it says, by its schedule, or from an event's beginning to its end.

    An event's own ``duration`` is not asked when it says both: plugins write ``P45M`` for 45
    minutes, which is months.
    """
    said = text(first(node, "timeToComplete", "duration"))
    start, end = _time(node, "startDate"), _time(node, "endDate")
    if is_event(node) and start is not None and end is not None:
        minutes = int((end - start).total_seconds() // 60)
        return _hours(minutes) if 0 < minutes < _DAY else None
    return said or _scheduled(node)


def _time(node: Node, name: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text(node.get(name)))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _hours(minutes: int) -> str:
    return f"PT{minutes // 60}H{minutes % 60}M"


def _scheduled(node: Node) -> str | None:
    """A course's meetings together: so many as its schedule says."""
    schedule = next(nodes(node.get("courseSchedule")), {})
    said, count = text(schedule.get("duration")), text(schedule.get("repeatCount"))
    if not said or not (count.isascii() and count.isdecimal() and len(count) < 5):
        return said or None
    try:
        length = isodate.parse_duration(said[:40])
    except (isodate.ISO8601Error, ValueError, OverflowError):
        return said
    if not isinstance(length, timedelta):
        return said
    return _hours(int(length.total_seconds() // 60) * max(int(count), 1))
