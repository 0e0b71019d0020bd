"""From one Open edX course and its runs to a course of the federation's.

The platform, its catalogue service and the shops that some universities put in front of them name
the same things differently; all are read. What a list does not say of the course itself is taken
from its newest run.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from connectors.contract import CourseDraft, CreditDraft, OfferDraft, RejectRecord, RunDraft
from connectors.members import entries, first, integer, members, objects, text, web_address
from connectors.openedx_keys import course_key, number, organisation

_DESCRIPTIONS = ("full_description", "overview", "description")
_NOT_SET = "2030-01-01"
"""What the platform writes for a start that nobody has set."""
_ONLINE = "online-async"
_PLATFORM = "/api/courses/v"
_SELF_PACED = frozenset({"self", "self_paced", "self-paced"})
_CREATIVE_COMMONS = re.compile(r"creative-commons:\s*(?:ver=(\d\.\d))?\s*([A-Z ]{2,12})")
_MAX_RUNS = 500
_RUNS = ("course_runs", "courseruns")
"""Where a course lists its runs."""


def lists_its_runs(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is a course with its runs inside; else it is one run."""
    return any(isinstance(entry.get(name), list) for name in _RUNS)


def without_hidden(held: Mapping[str, Any]) -> dict[str, Any] | None:
    """The course with the runs that the site shows; ``None`` when it shows none."""
    course, runs = members(held.get("course")), list(objects(held.get("runs")))
    kept = dict(course)
    for name in _RUNS:
        if isinstance(course.get(name), list):
            kept[name] = [run for run in objects(course[name]) if _shown(run)]
    shown = [run for run in runs if _shown(run)]
    if members(course.get("page")).get("live") is False:
        return None
    if (runs or _inner(course)) and not (shown or _inner(kept)):
        return None
    return {"course": kept, "runs": shown}


def _inner(course: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [run for name in _RUNS for run in objects(course.get(name))]


def course(raw: Mapping[str, Any], *, site: str) -> CourseDraft:
    """Map one course. Raises ``RejectRecord`` when it has no name."""
    given = members(raw.get("course"))
    runs = _newest_first([*objects(raw.get("runs")), *_inner(given)])
    main: Mapping[str, Any] = runs[0] if runs else {}
    page = members(given.get("page"))
    if not _is_platform(site):  # a file of a platform's list says where the platform is
        site = web_address(main.get("blocks_url")) or site
    title = first(given.get("title"), main.get("name"), main.get("title"))
    if title is None:
        raise RejectRecord(
            "the course has no name; give each course one", code="E-TITLE-MISSING", path="title"
        )
    key = course_key(given) or course_key(main) or ""
    url = _page(given, main, site)
    return CourseDraft(
        title={"und": " ".join(title.split())},
        url=url,
        summary=_text(given.get("short_description"), main.get("short_description")),
        description=_text(
            *(one.get(name) for name in _DESCRIPTIONS for one in (given, main, page))
        ),
        outcomes=_text(given.get("outcome"), main.get("outcome")),
        prerequisites=_text(given.get("prerequisites_raw"), main.get("prerequisites_raw")),
        kind="course",
        teaching_languages=_languages(runs),
        provider=_provider(given, main, key),
        identifiers=tuple(
            (scheme, value)
            for scheme, value in (("edx", key), ("code", number(key)), ("url", url or ""))
            if value
        ),
        subjects=_names(given.get("subjects")) or _names(given.get("topics")),
        skills=_names(given.get("skill_names")) or _names(given.get("skills")),
        level=first(given.get("level_type"), main.get("level_type")),
        credits=_credits(given, runs),
        duration=first(given.get("duration"), page.get("length")) or _weeks(main),
        effort=first(given.get("time_commitment"), page.get("effort")) or _effort(main),
        delivery=(_ONLINE,),
        licence=_licence(main),
        access="closed"
        if runs and all(run.get("invitation_only") is True for run in runs)
        else None,
        image=_image(given, main, site),
        runs=tuple(_run(run, site, taught=_people(page)) for run in runs[:_MAX_RUNS]),
        modified=first(given.get("modified"), main.get("modified")),
    )


def _shown(run: Mapping[str, Any]) -> bool:
    """Whether the site's own catalogue shows the run."""
    if run.get("hidden") is True:
        return False
    if text(run.get("catalog_visibility")) in ("none", "about"):
        return False
    return text(run.get("status")) in ("", "published")


def _newest_first(runs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Runs by their start, the latest first; each once."""
    once = {(_key(run) or str(place)): run for place, run in enumerate(runs)}
    return sorted(once.values(), key=lambda run: (_start(run) or "", _key(run)), reverse=True)


def _key(run: Mapping[str, Any]) -> str:
    names = ("key", "course_id", "courseware_id", "id")
    return first(*(run.get(name) for name in names)) or ""


def _start(run: Mapping[str, Any]) -> str | None:
    start = first(run.get("start"), run.get("start_date")) or ""
    if start.startswith(_NOT_SET) or text(run.get("start_type")) == "empty":
        return None
    return start or None


def _text(*values: Any) -> dict[str, str]:
    told = first(*values)
    return {"und": told} if told else {}


def _page(given: Mapping[str, Any], main: Mapping[str, Any], site: str) -> str | None:
    """The page that presents the course; the platform's own one where no other is told."""
    told = (given.get("marketing_url"), given.get("url"), main.get("marketing_url"))
    presented = members(given.get("page")).get("page_url")
    return (
        next(filter(None, map(web_address, told)), None)
        or _absolute(presented, site)
        or _about(main, site)
    )


def _about(run: Mapping[str, Any], site: str) -> str | None:
    """The platform's own page about a run; a catalogue service has none."""
    key = _key(run)
    if course_key(run) is None or not _is_platform(site):
        return None
    return _absolute(f"/courses/{quote(key, safe='/:+')}/about", site)


def _is_platform(address: str) -> bool:
    """Whether it is a platform's own address or that of its list."""
    path = urlsplit(address).path
    return not path.strip("/") or _PLATFORM in path


def _absolute(value: Any, site: str) -> str | None:
    """An address that may be told without its host."""
    told = text(value)
    if not told.startswith(("/", "http://", "https://")):
        return None
    try:
        return web_address(urljoin(site, told))
    except ValueError:
        return None


def _provider(given: Mapping[str, Any], main: Mapping[str, Any], key: str) -> str | None:
    for owner in (*objects(given.get("owners")), *objects(main.get("owners"))):
        if name := first(owner.get("name"), owner.get("key")):
            return name
    return first(main.get("org")) or organisation(key) or None


def _names(value: Any) -> tuple[str, ...]:
    """Names of a list of objects with names, or of plain texts."""
    told = (text(one.get("name") if isinstance(one, dict) else one) for one in entries(value))
    return tuple(dict.fromkeys(name for name in told if name))


def _languages(runs: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    told = (first(run.get("content_language"), run.get("language")) for run in runs)
    return tuple(dict.fromkeys(language for language in told if language))


def _credits(
    given: Mapping[str, Any], runs: Iterable[Mapping[str, Any]]
) -> tuple[CreditDraft, ...]:
    """What the course itself counts, else the academic credit of a run's seats."""
    if own := text(given.get("credits")):
        return (CreditDraft(own),)
    return tuple(
        dict.fromkeys(
            CreditDraft(hours, unit="credit hours", framework=first(seat.get("credit_provider")))
            for run in runs
            for seat in objects(run.get("seats"))
            if (hours := text(seat.get("credit_hours"))) not in ("", "0")
        )
    )


def _weeks(main: Mapping[str, Any]) -> str | None:
    weeks = integer(main.get("weeks_to_complete"))
    return f"{weeks} weeks" if weeks else None


def _effort(main: Mapping[str, Any]) -> str | None:
    """As written, or the catalogue's hours a week."""
    if told := first(main.get("effort")):
        return told
    least, most = integer(main.get("min_effort")), integer(main.get("max_effort"))
    if not least or not most:
        return f"{least or most} hours/week" if least or most else None
    low, high = sorted((least, most))
    return f"{low} hours/week" if low == high else f"{low}-{high} hours/week"


def _licence(main: Mapping[str, Any]) -> str | None:
    """The platform's own writing of Creative Commons as everybody writes it; else its words."""
    told = text(main.get("license"))
    if found := _CREATIVE_COMMONS.fullmatch(told):
        return f"CC {'-'.join(found[2].split())} {found[1] or '4.0'}"
    return told or None


def _image(given: Mapping[str, Any], main: Mapping[str, Any], site: str) -> str | None:
    """The picture's whole address; the platform gives some without its own host."""
    media = members(main.get("media"))
    ways = (
        members(given.get("image")).get("src"),
        members(main.get("image")).get("src"),
        members(media.get("image")).get("large"),
        members(media.get("image")).get("raw"),
        members(media.get("course_image")).get("uri"),
        given.get("thumbnail_url"),
        members(given.get("page")).get("feature_image_src"),
    )
    return next(filter(None, (_absolute(way, site) for way in ways)), None)


def _access(runs: Iterable[Mapping[str, Any]]) -> str | None:
    invited = [run.get("invitation_only") is True for run in runs]
    return "closed" if invited and all(invited) else None


def _run(run: Mapping[str, Any], site: str, *, taught: tuple[str, ...]) -> RunDraft:
    pace = first(run.get("pacing"), run.get("pacing_type"))
    alone = pace in _SELF_PACED or run.get("is_self_paced") is True
    pages = (run.get("marketing_url"), run.get("courseware_url"))
    return RunDraft(
        source_id=_key(run) or None,
        start=_start(run),
        end=first(run.get("end"), run.get("end_date")),
        enrol_start=first(run.get("enrollment_start")),
        enrol_end=first(run.get("enrollment_end")),
        delivery="self-paced" if alone else _ONLINE,
        language=first(run.get("content_language"), run.get("language")),
        url=next(filter(None, map(web_address, pages)), None) or _about(run, site),
        instructors=_people(run) or taught,
        offers=_offers(run),
    )


def _people(run: Mapping[str, Any]) -> tuple[str, ...]:
    people = [*objects(run.get("staff")), *objects(run.get("instructors"))]
    told = (
        first(one.get("name"))
        or " ".join(filter(None, (text(one.get("given_name")), text(one.get("family_name")))))
        for one in people
    )
    return tuple(dict.fromkeys(name for name in told if name))


def _offers(run: Mapping[str, Any]) -> tuple[OfferDraft, ...]:
    """Each seat's price once; to audit is free. Shops tell a price without its currency."""
    seats = (
        OfferDraft(
            amount=first(seat.get("price")),
            currency=first(seat.get("currency")),
            category="free" if text(seat.get("type")) in ("audit", "honor") else "paid",
        )
        for seat in objects(run.get("seats"))
    )
    prices = [one.get("price") for one in objects(run.get("products"))] or [
        run.get("current_price")
    ]
    shop = (OfferDraft(amount=told) for price in prices if (told := first(price)))
    return tuple(dict.fromkeys((*seats, *shop)))
