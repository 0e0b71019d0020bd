"""The rules a completion is held to before anything is made of it. Pure.

 1. ``holder``        an opaque id or at least one identifier, each well-formed
 2. ``course``        a course of the catalogue or its facts, never both, titles by language
 3. ``date``          completed, and not in the future; the activity did not end before it began
 4. ``measure``       at least one of contact minutes, workload minutes and full days, in range and
                      in agreement with each other
 5. ``vocabulary``    kind, mode, role, tags, competences, fields from their lists
 6. ``result``        only of something that was assessed
 7. ``claims``        credits in a unit that is named, approvals with their body, files with digests
 8. ``correction``    the id of a record, when the completion corrects one
 9. ``text``          no control characters, no overlong texts, nothing twice

Every finding names the field by its JSON pointer, has a stable code and says what mends it.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum

import pycountry

from app.platform.problems import FieldProblem
from app.records.model import CourseFacts, Holder, Kind, Mode, NewCompletion, Role, Tag, Unit
from app.records.texts import LONGEST, is_language, is_web_address, text_problems

COMPETENCES = tuple(f"EC{number}" for number in range(1, 14))
IDENTIFIER_TYPES = ("ext:RegisterNumber", "ext:MembershipNumber", "ext:AccountId")
_OF_A_REGISTRY = re.compile(r"ext:RegisterNumber\.[a-z0-9][a-z0-9-]{0,40}")
"""A number in the register of the registry with this id, and in no other."""
MOST = 20
_URN_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FIELD = re.compile(r"[0-9]{4}")
_LONGEST_MINUTES = {"contact_minutes": 60 * 24 * 365, "workload_minutes": 60 * 24 * 365}
_MOST_DAYS = 365
_DAY = 24 * 60
_MOST_CREDIT = 10_000
_BODY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BY_DIGEST = re.compile(r"ni:///sha-256;[A-Za-z0-9_-]{43}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9][A-Za-z0-9.+-]{0,99}")
_RECORD_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries)
_LANGUAGE_MEND = "Use language tags such as en, zh-Hans or ur-PK."


def check(completion: NewCompletion, *, at: datetime) -> Sequence[FieldProblem]:
    """Everything that is wrong with ``completion``, in the order of the rules."""
    return [
        *_holder(completion.holder),
        *_course(completion),
        *_date(completion, at),
        *_measure(completion),
        *_vocabulary(completion),
        *_result(completion),
        *_credits(completion),
        *_approvals(completion),
        *_files(completion),
        *_correction(completion),
        *_standards(completion),
    ]


def _holder(holder: Holder) -> Iterator[FieldProblem]:  # 1
    if holder.id is None and not holder.identifiers:
        yield FieldProblem("/holder", "holder-missing", "Give an id or at least one identifier.")
    if holder.id is not None and not _URN_UUID.fullmatch(holder.id):
        yield FieldProblem(
            "/holder/id", "holder-id-form", "Write it as urn:uuid: and a UUID in lower case."
        )
    yield from _distinct("/holder/identifiers", [i.type for i in holder.identifiers])
    for number, identifier in enumerate(holder.identifiers):
        at = f"/holder/identifiers/{number}"
        known = identifier.type in IDENTIFIER_TYPES or _OF_A_REGISTRY.fullmatch(identifier.type)
        if not known:
            yield _choose(f"{at}/type", (*IDENTIFIER_TYPES, "ext:RegisterNumber.<registry>"))
        yield from text_problems(f"{at}/value", identifier.value, longest=200)


def _course(completion: NewCompletion) -> Iterator[FieldProblem]:  # 2
    if (completion.course_id is None) == (completion.course is None):
        yield FieldProblem("/course", "course-either", "Give course_id or course, one of the two.")
    if completion.course_id is not None:
        yield from text_problems("/course_id", completion.course_id, longest=64)
    if completion.course_run is not None:
        yield from text_problems("/course_run", completion.course_run, longest=100)
    if completion.course is not None:
        yield from _facts(completion.course)


def _facts(course: CourseFacts) -> Iterator[FieldProblem]:
    if not course.title:
        yield FieldProblem("/course/title", "title-missing", "Give the title in one language.")
    for language, title in course.title.items():
        if not is_language(language):
            yield FieldProblem("/course/title", "language-form", _LANGUAGE_MEND)
            continue
        yield from text_problems(f"/course/title/{language}", title, longest=LONGEST["title"])
    for language, text in course.description.items():
        at = f"/course/description/{language}"
        if language not in course.title:
            yield FieldProblem(
                "/course/description",
                "description-untitled",
                f"Give the title in {language} too, or leave that description out.",
            )
        yield from text_problems(at, text, longest=LONGEST["description"])
    if course.url is not None and not is_web_address(course.url):
        yield FieldProblem(
            "/course/url",
            "url-form",
            "Give a full address, https://... or http://..., without a name or password.",
        )


def _date(completion: NewCompletion, at: datetime) -> Iterator[FieldProblem]:  # 3
    # The record says midnight UTC of that date, and may not be older than what it records.
    if completion.completed_on > at.astimezone(UTC).date():
        yield FieldProblem(
            "/completed_on", "date-future", "Report it once its date has begun, in UTC."
        )
    for name in ("completed_on", "started_on", "ended_on"):
        day = getattr(completion, name)
        if day is not None and day.year < 1950:
            yield FieldProblem(f"/{name}", "date-early", "Check the year.")
    started, ended = completion.started_on, completion.ended_on
    if started is not None and started > min(completion.completed_on, ended or started):
        yield FieldProblem(
            "/started_on", "date-order", "It began before it ended, and before it was completed."
        )
    if ended is not None and ended > at.astimezone(UTC).date():
        yield FieldProblem("/ended_on", "date-future", "Report it once it has ended.")


def _measure(completion: NewCompletion) -> Iterator[FieldProblem]:  # 4
    contact, workload = completion.contact_minutes, completion.workload_minutes
    days = completion.full_days
    if contact is None and workload is None and days is None:
        yield FieldProblem(
            "/contact_minutes",
            "measure-missing",
            "Give contact_minutes, workload_minutes or full_days.",
        )
    for name, most in _LONGEST_MINUTES.items():
        value = getattr(completion, name)
        if value is not None and not 1 <= value <= most:
            yield FieldProblem(f"/{name}", "measure-range", f"Give 1 to {most} minutes.")
    if days is not None and not (0.5 <= days <= _MOST_DAYS and (days * 2).is_integer()):
        yield FieldProblem("/full_days", "measure-range", f"Give 0.5 to {_MOST_DAYS}, in halves.")
    if contact is not None and workload is not None and workload < contact:
        yield FieldProblem(
            "/workload_minutes", "measure-order", "Workload includes the contact minutes."
        )
    if contact is not None and days is not None and contact > days * _DAY:
        yield FieldProblem("/contact_minutes", "measure-order", "More minutes than the days have.")


def _vocabulary(completion: NewCompletion) -> Iterator[FieldProblem]:  # 5
    lists: tuple[tuple[str, type[StrEnum]], ...] = (("kind", Kind), ("mode", Mode), ("role", Role))
    for name, words in lists:
        if getattr(completion, name) not in list(words):
            yield _choose(f"/{name}", list(words))
    for name, known in (("tags", list(Tag)), ("competences", COMPETENCES)):
        values = getattr(completion, name)
        yield from _distinct(f"/{name}", values)
        for number, value in enumerate(values):
            if value not in known:
                yield _choose(f"/{name}/{number}", known)
    yield from _distinct("/fields", completion.fields)
    for number, value in enumerate(completion.fields):
        if not _FIELD.fullmatch(value):
            yield FieldProblem(
                f"/fields/{number}", "field-form", "Use the four digits of ISCED-F 2013: 0732."
            )
    yield from _distinct("/languages", completion.languages)
    for number, value in enumerate(completion.languages):
        if not is_language(value):
            yield FieldProblem(f"/languages/{number}", "language-form", _LANGUAGE_MEND)
    if len(", ".join(completion.languages)) > LONGEST["result"]:
        yield FieldProblem("/languages", "too-many", "Name the languages it was mostly given in.")
    if completion.country is not None and completion.country not in _COUNTRIES:
        yield FieldProblem(
            "/country", "country-form", "Use the two letters of ISO 3166-1, such as KE."
        )


def _result(completion: NewCompletion) -> Iterator[FieldProblem]:  # 6
    if completion.result is None:
        return
    if not completion.assessed:
        yield FieldProblem(
            "/result", "result-unassessed", "Leave it out, or say that it was assessed."
        )
    yield from text_problems("/result", completion.result, longest=LONGEST["result"])


def _credits(completion: NewCompletion) -> Iterator[FieldProblem]:  # 7
    yield from _distinct("/credits", [credit.unit for credit in completion.credits])
    for number, credit in enumerate(completion.credits):
        if credit.unit not in list(Unit):
            yield _choose(f"/credits/{number}/unit", list(Unit))
        if not 0 < credit.value <= _MOST_CREDIT or round(credit.value, 2) != credit.value:
            yield FieldProblem(
                f"/credits/{number}/value",
                "credit-range",
                f"Give more than 0 and up to {_MOST_CREDIT}, with at most two decimals.",
            )


def _approvals(completion: NewCompletion) -> Iterator[FieldProblem]:  # 7
    yield from _distinct("/approvals", [f"{a.body} {a.number}" for a in completion.approvals])
    for number, approval in enumerate(completion.approvals):
        if not _BODY.fullmatch(approval.body):
            yield FieldProblem(
                f"/approvals/{number}/body", "body-form", "Use the body's short name, such as PEC."
            )
        yield from text_problems(f"/approvals/{number}/number", approval.number, longest=100)


def _files(completion: NewCompletion) -> Iterator[FieldProblem]:  # 7
    yield from _distinct("/files", [file.id for file in completion.files])
    for number, file in enumerate(completion.files):
        at = f"/files/{number}"
        if not (is_web_address(file.id) or _BY_DIGEST.fullmatch(file.id)):
            yield FieldProblem(f"{at}/url", "url-form", "Give a full address, https://...")
        if not _SHA256.fullmatch(file.sha256):
            yield FieldProblem(
                f"{at}/sha256", "digest-form", "Give the SHA-256 in 64 hexadecimal digits."
            )
        if file.media_type is not None and not _MEDIA_TYPE.fullmatch(file.media_type):
            yield FieldProblem(f"{at}/media_type", "media-type-form", "Such as application/pdf.")


def _correction(completion: NewCompletion) -> Iterator[FieldProblem]:  # 8
    if completion.supersedes is not None and not _RECORD_ID.fullmatch(completion.supersedes):
        yield FieldProblem("/supersedes", "record-id-form", "Give the id of the record as issued.")


def _standards(completion: NewCompletion) -> Iterator[FieldProblem]:  # 9
    yield from _distinct("/standards", completion.standards)
    for number, value in enumerate(completion.standards):
        yield from text_problems(f"/standards/{number}", value, longest=LONGEST["standard"])


def _distinct(pointer: str, values: Sequence[str]) -> Iterator[FieldProblem]:
    if len(set(values)) != len(values):
        yield FieldProblem(pointer, "value-twice", "Give each only once.")
    if len(values) > MOST:
        yield FieldProblem(pointer, "too-many", f"Give up to {MOST}.")


def _choose(pointer: str, known: Collection[str]) -> FieldProblem:
    return FieldProblem(pointer, "value-unknown", f"Choose from {', '.join(known)}.")
