"""What is recognised in the texts of one course, each value with its evidence.

What a source states wins: where it states fields, standards or competences, none is recognised.
Prerequisites are not read, for they tell of what one knows before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from app.catalogue import texts
from app.catalogue.model import CourseData, Recognised
from app.catalogue.recognising import competences, fields, standards

MAX_EACH = 20
MAX_TEXTS = 12
MAX_SUBJECTS = 20
MAX_TEXT = 5_000
"""Of each text; what a course is about is said at its beginning."""
_TITLE, _BODY = 2, 1
_AROUND = 50


@dataclass(frozen=True, slots=True)
class _Read:
    """A plain text, where it stands, and how much a word in it says of what the course is about."""

    where: str
    text: str
    factor: int


def recognise(data: CourseData) -> tuple[Recognised, ...]:
    """What the texts of a course show beyond what its source states."""
    read = list(_texts(data))
    return (
        *(() if data.fields else _fields(data, read)),
        *(() if data.standards else _standards(read)),
        *(() if data.competences else _competences(read)),
    )


def _texts(data: CourseData) -> Iterator[_Read]:
    for tag, text in list(data.title.items())[:MAX_TEXTS]:
        yield _Read(f"title.{tag}", text, _TITLE)
    for n, text in enumerate(data.subjects[:MAX_SUBJECTS]):
        yield _Read(f"subjects[{n}]", text, _TITLE)
    for name in ("summary", "outcomes"):
        for tag, text in list(getattr(data, name).items())[:MAX_TEXTS]:
            yield _Read(f"{name}.{tag}", text[:MAX_TEXT], _BODY)
    for tag, text in list(data.description.items())[:MAX_TEXTS]:
        yield _Read(f"description.{tag}", texts.plain(text[:MAX_TEXT]), _BODY)


def _fields(data: CourseData, read: list[_Read]) -> Iterator[Recognised]:
    stated = {
        code: Recognised("fields", code, "isced-label", f"subjects[{n}]", text)
        for n, text in reversed(list(enumerate(data.subjects[:MAX_SUBJECTS])))
        if (code := fields.labelled(text))
    }
    if stated:
        yield from (stated[code] for code in sorted(stated))
        return
    hits: list[tuple[fields.Hit, _Read]] = []
    code = None
    for factor in (_TITLE, _BODY):  # where title and subjects settle it, the rest is not read
        if factor == _TITLE and not fields.may_hold(
            "\n".join(one.text for one in read if one.factor == factor)
        ):
            continue
        hits += [(hit, one) for one in read if one.factor == factor
                 for hit in fields.terms_in(one.text)]  # fmt: skip
        if code := fields.named((hit, one.factor) for hit, one in hits):
            break
    if code is None:
        return
    spoke = [(hit, one) for hit, one in hits if hit.term.code.startswith(code)]
    hit, one = max(spoke, key=lambda each: each[0].term.weight * each[1].factor)
    yield _evidence(("fields", code, "isced-terms"), one, hit)


def _standards(read: list[_Read]) -> Iterator[Recognised]:
    made: dict[tuple[str, str, str | None], Recognised] = {}
    dated: set[tuple[str, str, str | None]] = set()
    for one in read:
        for found in standards.find(one.text):
            named = found.standard
            key = (named.body, named.number, named.part)
            if (key in made and (key in dated or not named.year)) or len(made) == MAX_EACH:
                continue
            if named.year:
                dated.add(key)
            made[key] = _evidence(("standards", named.text, "standard-named"), one, found)
    yield from made.values()


def _competences(read: list[_Read]) -> Iterator[Recognised]:
    made: dict[str, Recognised] = {}
    for one in read:
        for found in competences.find(one.text):
            if found.code not in made:
                made[found.code] = _evidence(
                    ("competences", found.code, "competence-named"), one, found
                )
    yield from sorted(made.values(), key=lambda each: int(each.value.removeprefix("EC")))


class _Placed(Protocol):
    """Something found in a text."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def _evidence(what: tuple[str, str, str], read: _Read, found: _Placed) -> Recognised:
    """``what`` is the field, the value and the rule."""
    around = read.text[max(0, found.start - _AROUND) : found.end + _AROUND]
    return Recognised(*what, read.where, " ".join(around.split()), found.start)
