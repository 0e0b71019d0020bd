"""A course of the catalogue as the facts that its completion would have. Pure.

Nothing is guessed: a duration in hours is contact time as the society announces it, one in days or
weeks is not; a kind that may be several (a programme, a series) is no kind. The day is that on
which the next delivery ends, or the day asked about. What only a record or the registry knows
(assessed or not, content tags, the issuer's listing) is left to whoever has it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from app.catalogue import Course, CourseData, CourseRun, Delivery, Kind
from app.recognition.deciding.model import Binding, Facts, Signature, Standing
from app.recognition.offering.model import Planned
from app.recognition.policies.model import Policy

MODES: Mapping[str, str] = {
    Delivery.ONSITE: "in_person",
    Delivery.ONLINE_LIVE: "live_online",
    Delivery.ONLINE_ASYNC: "self_paced_online",
    Delivery.BLENDED: "blended",
    Delivery.SELF_STUDY: "self_study",
}
"""How a course is given, in the words that policies use."""

UNKNOWN = "unknown"
"""The kind of an activity of which no kind is told, as ``deciding.facts`` has it."""

_OWN_PACE = {MODES[Delivery.ONLINE_ASYNC], MODES[Delivery.SELF_STUDY]}
_KINDS: Mapping[str, str] = {
    Kind.COURSE: "course",
    Kind.CONFERENCE: "conference",
    Kind.WEBINAR: "webinar_live",
    Kind.SELF_STUDY: "self_paced",
}
_UNITS = {"CEU": "ceu", "ECTS": "ects"}
"""Units of a society's own claim that some policies have a line for."""

_CLOCK = re.compile(r"PT(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?")
_MOST_MINUTES = Fraction(60 * 24 * 366)


@dataclass(frozen=True, slots=True)
class Offered:
    """A version of a course, read on a day as what its completion would be."""

    course_id: str
    society_id: str
    version: int
    on: date
    kind: str | None
    claimed: tuple[tuple[str, str], ...]
    """The approvals that it says it has: the body and its number."""
    ways: tuple[Facts, ...]

    @classmethod
    def of(cls, course: Course, *, on: date) -> "Offered":
        data = course.data
        found = ways(course.id, data, on=on)
        return cls(
            course.id, course.society_id, course.version, on, data.kind, claimed(data), found
        )

    @property
    def completed(self) -> date:
        """The day on which it would be completed, in whichever way."""
        return self.ways[0].completed


def ways(course_id: str, data: CourseData, *, on: date) -> tuple[Facts, ...]:
    """The facts of its completion, one for each way in which it is given; one if none is told."""
    run = next_run(data, on=on)
    given = (run.delivery,) if run and run.delivery else data.delivery
    modes: list[str | None] = [MODES[each] for each in dict.fromkeys(given) if each in MODES]
    completed = (_last_day(run) if run else None) or on
    plain = Facts(
        record_id=f"urn:opencpd:course:{course_id}",
        completed=completed,
        kind=UNKNOWN,
        role="participant",
        measures=_measures(data),
        competences=data.competences,
        languages=tuple(dict.fromkeys(_languages(data, run))),
        delivery=_delivery(data),
        signature=Signature.VALID,
        status=Standing.VALID,
        holder=Binding.BOUND,
    )
    return tuple(given_as(plain, data.kind, mode) for mode in (modes or [None]))


def given_as(facts: Facts, kind: str | None, mode: str | None) -> Facts:
    """The facts of a catalogue's ``kind`` of course when it is given in this mode.

    A course or a webinar that is taken at one's own pace is something self-paced: where registries
    tell the two apart, that is the one that counts for less.
    """
    ours = _KINDS.get(kind or "", UNKNOWN)
    if ours in {"course", "webinar_live"} and mode in _OWN_PACE:
        ours = "self_paced"
    known = {"delivery_mode": True} if mode else {}
    return replace(facts, kind=ours, mode=mode, delivery={**facts.delivery, **known})


def next_run(data: CourseData, *, on: date) -> CourseRun | None:
    """The delivery that begins next; one that has begun cannot be joined any more."""
    dated = [(day, run) for run in data.runs if (day := _day(run.start)) and day >= on]
    return min(dated, key=lambda pair: pair[0])[1] if dated else None


def starts(data: CourseData, *, on: date) -> date | None:
    """The day on which the next delivery begins; ``None`` when none is dated."""
    run = next_run(data, on=on)
    return _day(run.start) if run else None


def is_over(data: CourseData, *, on: date) -> bool:
    """Whether all its deliveries have dates and none is to come."""
    return bool(data.runs) and all(
        (day := _day(run.start)) is not None and day < on for run in data.runs
    )


def is_free(data: CourseData) -> bool:
    """Whether it has a price, and that is nothing, for everybody."""
    offers = [*data.offers, *(offer for run in data.runs for offer in run.offers)]
    return bool(offers) and all(
        offer.audience != "member"
        and (offer.category == "free" or (offer.amount or "x").strip("0.") == "")
        for offer in offers
    )


def claimed(data: CourseData) -> tuple[tuple[str, str], ...]:
    """The approvals that a course says it has: the body and its number."""
    return tuple(
        (each.framework, each.approval_no)
        for each in data.credits
        if each.framework and each.approval_no
    )


def minutes(duration: str | None) -> Fraction | None:
    """The minutes of an ISO 8601 duration in hours and minutes; ``None`` for days and longer."""
    found = _CLOCK.fullmatch(duration or "")
    if found is None:
        return None
    total = Fraction(found["hours"] or 0) * 60 + Fraction(found["minutes"] or 0)
    return total if 0 < total <= _MOST_MINUTES else None


def _measures(data: CourseData) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    contact = [Fraction(one.value) * 60 for one in data.credits if one.unit == "contact-hour"]
    stated = contact[0] if len(set(contact)) == 1 else minutes(data.duration)
    if stated:
        found["contact_minutes"] = stated
    if workload := minutes(data.effort):
        found["workload_minutes"] = workload
    for credit in data.credits:
        if credit.unit in _UNITS:
            found.setdefault(_UNITS[credit.unit], Fraction(credit.value))
    return found


def _languages(data: CourseData, run: CourseRun | None) -> Iterator[str]:
    if run and run.language:
        yield run.language
    else:
        yield from data.teaching_languages


def _delivery(data: CourseData) -> dict[str, bool]:
    """What the catalogue shows of how it is given; what it does not show is absent."""
    shown = {
        "organiser": True,
        "participation_proof": True,  # by the signature that the record would have
        "subject_area": bool(data.fields),
        "objectives": bool(data.outcomes or data.competences or data.description),
    }
    return {name: True for name, known in shown.items() if known}


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _last_day(run: CourseRun) -> date | None:
    first, last = _day(run.start), _day(run.end)
    return max(first, last) if first and last else (last or first)


def asks_how(policy: Policy) -> bool:
    """Whether it matters to the policy how an activity is given."""
    return bool(policy.delivery) or any(
        rule.when.mode is not None
        or (rule.when.kind_in is not None and "self_paced" in rule.when.kind_in)
        for rule in policy.rules
    )


def in_any_way(facts: Facts, kind: str | None) -> tuple[Facts, ...]:
    """The same activity in every way in which it might be given."""
    return tuple(given_as(facts, kind, mode) for mode in dict.fromkeys(MODES.values()))


def planned_facts(planned: Planned, *, on: date) -> Facts:
    """The facts of a planned activity, as far as they are filled in."""
    known = {"delivery_mode": planned.mode, "subject_area": planned.tags}
    known |= {"objectives": planned.competences}
    delivery = {"organiser": True, "participation_proof": True}
    delivery |= {name: True for name, value in known.items() if value}
    if planned.assessed is not None:
        delivery |= dict.fromkeys(("assessed", "assessment_mechanism"), planned.assessed)
    return Facts(
        record_id="urn:opencpd:planned",
        completed=planned.on or on,
        kind=planned.kind or UNKNOWN,
        mode=planned.mode,
        role="participant",
        measures=planned.measures,
        tags=planned.tags,
        competences=planned.competences,
        languages=planned.languages,
        delivery=delivery,
        signature=Signature.VALID,
        status=Standing.VALID,
        holder=Binding.BOUND,
    )
