"""The rules a completion is held to before anything is made of it. Pure.

 1. ``holder``        an opaque id or at least one identifier, each well-formed
 2. ``course``        a course of the catalogue or its facts, never both, titles by language
 3. ``date``          completed, and not in the future
 4. ``measure``       at least one of contact minutes, workload minutes and full days, in range and
                      in agreement with each other
 5. ``vocabulary``    kind, mode, role, tags, competences, fields from their lists
 6. ``result``        only of something that was assessed
 7. ``text``          no control characters, no overlong texts, nothing twice

Every finding names the field by its JSON pointer, has a stable code and says what mends it.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from app.platform.problems import FieldProblem
from app.records.model import CourseFacts, Holder, Kind, Mode, NewCompletion, Role, Tag

COMPETENCES = tuple(f"EC{number}" for number in range(1, 14))
IDENTIFIER_TYPES = ("ext:RegisterNumber", "ext:MembershipNumber", "ext:AccountId")
LONGEST = {"title": 300, "description": 2000, "url": 400, "result": 60, "standard": 100}
MOST = 20
_URN_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LANGUAGE = re.compile(r"[a-z]{2,4}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_IN_WEB = r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
_WEB = re.compile(rf"https?://{_IN_WEB}+(?:#{_IN_WEB}*)?")
_BLANK = re.compile(r"^(?:_:\s*)+")
_FIELD = re.compile(r"[0-9]{4}")
_LONGEST_MINUTES = {"contact_minutes": 60 * 24 * 365, "workload_minutes": 60 * 24 * 365}
_MOST_DAYS = 365
# Controls and separators change what is shown or how others canonicalise; surrogates are no
# characters. Marks that help a direction along (U+200E, U+200F, U+061C) may stay.
_NOT_TEXT = {"Cc", "Cs", "Zl", "Zp"}
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DAY = 24 * 60


def check(completion: NewCompletion, *, at: datetime) -> Sequence[FieldProblem]:
    """Everything that is wrong with ``completion``, in the order of the rules."""
    return [
        *_holder(completion.holder),
        *_course(completion),
        *_date(completion, at),
        *_measure(completion),
        *_vocabulary(completion),
        *_result(completion),
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
        if identifier.type not in IDENTIFIER_TYPES:
            yield _choose(f"{at}/type", IDENTIFIER_TYPES)
        yield from _text(f"{at}/value", identifier.value, longest=200)


def _course(completion: NewCompletion) -> Iterator[FieldProblem]:  # 2
    if (completion.course_id is None) == (completion.course is None):
        yield FieldProblem("/course", "course-either", "Give course_id or course, one of the two.")
    if completion.course_id is not None:
        yield from _text("/course_id", completion.course_id, longest=64)
    if completion.course_run is not None:
        yield from _text("/course_run", completion.course_run, longest=100)
    if completion.course is not None:
        yield from _facts(completion.course)


def _facts(course: CourseFacts) -> Iterator[FieldProblem]:
    if not course.title:
        yield FieldProblem("/course/title", "title-missing", "Give the title in one language.")
    for language, title in course.title.items():
        if not is_language(language):
            yield FieldProblem(
                "/course/title", "language-form", "Use language tags such as en, zh-Hans or ur-PK."
            )
            continue
        yield from _text(f"/course/title/{language}", title, longest=LONGEST["title"])
    if course.description is not None:
        yield from _text("/course/description", course.description, longest=LONGEST["description"])
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
    if completion.completed_on.year < 1950:
        yield FieldProblem("/completed_on", "date-early", "Check the year.")


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


def _result(completion: NewCompletion) -> Iterator[FieldProblem]:  # 6
    if completion.result is None:
        return
    if not completion.assessed:
        yield FieldProblem(
            "/result", "result-unassessed", "Leave it out, or say that it was assessed."
        )
    yield from _text("/result", completion.result, longest=LONGEST["result"])


def _standards(completion: NewCompletion) -> Iterator[FieldProblem]:  # 7
    yield from _distinct("/standards", completion.standards)
    for number, value in enumerate(completion.standards):
        yield from _text(f"/standards/{number}", value, longest=LONGEST["standard"])


def clean(text: str, *, longest: int) -> str:
    """A text of somebody else's in one line, without what a record may not hold.

    ``_:`` at its beginning would name a blank node in the statements that are signed.
    """
    kept = "".join(" " if _is_hidden(character) else character for character in text)
    return _BLANK.sub("", " ".join(kept.split()))[:longest].rstrip()


def is_language(tag: str) -> bool:
    """Whether ``tag`` is a language tag that a record may hold."""
    return _LANGUAGE.fullmatch(tag) is not None


def is_web_address(url: str) -> bool:
    """Whether ``url`` is an absolute http(s) address that may stand in a record."""
    if len(url) > LONGEST["url"] or not _WEB.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        # A name or password would be signed, and read by everybody.
        return bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


def _text(pointer: str, text: str, *, longest: int) -> Iterator[FieldProblem]:
    if not text.strip():
        yield FieldProblem(pointer, "text-missing", "It is empty.")
    if len(text) > longest:
        yield FieldProblem(pointer, "text-long", f"Use up to {longest} characters.")
    if any(_is_hidden(character) for character in text):
        yield FieldProblem(pointer, "text-control", "Take out control characters and line breaks.")
    if text.startswith("_:"):
        yield FieldProblem(pointer, "text-blank-node", "Begin it with something else than '_:'.")


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _NOT_TEXT or character in _OVERRIDES


def _distinct(pointer: str, values: Sequence[str]) -> Iterator[FieldProblem]:
    if len(set(values)) != len(values):
        yield FieldProblem(pointer, "value-twice", "Give each only once.")
    if len(values) > MOST:
        yield FieldProblem(pointer, "too-many", f"Give up to {MOST}.")


def _choose(pointer: str, known: Collection[str]) -> FieldProblem:
    return FieldProblem(pointer, "value-unknown", f"Choose from {', '.join(known)}.")
