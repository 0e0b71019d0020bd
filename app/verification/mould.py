"""Records that are alike, read without taking each apart: for the many of one course.

The records of a course differ in a few places: ids, dates, salts, results, a place in a list. A
mould is the text of one record that was read and checked the long way and whose signature was good,
cut at those places. A text that fits the mould, byte for byte between the gaps, is JSON of the same
shape, so only what stands in the gaps is looked at; it has to be what the profile wants there, in
plain letters that need no escape. Whatever does not fit is read the long way, which also says what
is wrong. Key, signature, dates and status are no part of this: they are asked for every record.

``tests/unit/verification/test_memory.py`` holds the two ways to one answer, on thousands of changed
texts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from app.proof.errors import ProofError
from app.proof.parse import RECORD, Object, dump, load_object
from app.verification import profile, reading
from app.verification.course import Course
from app.verification.memory import Memory

_CLUE = b'"achievement":'
_CLUE_LENGTH = 300
_ENOUGH = 3
"""To cut a mould takes as long as reading some records: the course has to be a common one."""
_MOST_ALIKE = 4
_MARK = re.compile(rb'"~gap:([0-9]+)~"|~gap:([0-9]+)#')
_UUID = "urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
_KINDS = {
    "seconds": "[0-9]{1,11}",
    "id": _UUID,
    "holder": f"{_UUID}|did:key:z[1-9A-HJ-NP-Za-km-z]{{1,180}}",
    "index": "0|[1-9][0-9]{0,8}",
    "issued": _TIME,
    "awarded": _TIME,
    "start": _TIME,
    "end": _TIME,
    "hash": r"sha256\$[0-9a-f]{64}",
    "salt": "[A-Za-z0-9_-]{22,64}",
    "value": "[A-Za-z0-9][A-Za-z0-9._:/+-]{0,59}",
}
"""What may stand in a gap; nowhere wider than the profile, and without any escape."""
_SEVERAL = frozenset({"hash", "salt", "value"})
"""What differs from place to place; of another kind, every place has the same."""
_OF_ANY_LENGTH = frozenset({"index", "value"})
_LONGEST_GAP = 64
_Places: TypeAlias = "Mapping[str, str | _Places | list[_Places]]"
_CLAIMS: _Places = {"sub": "holder", "jti": "id", "nbf": "seconds"}
_RECORD: _Places = {
    "id": "id",
    "validFrom": "issued",
    "awardedDate": "awarded",
    "credentialSubject": {
        "id": "holder",
        "activityStartDate": "start",
        "activityEndDate": "end",
        "identifier": [{"identityHash": "hash", "salt": "salt"}],
        "result": [{"value": "value"}],
    },
    "credentialStatus": {"id": "index", "statusListIndex": "index"},
}


class Known(NamedTuple):
    """What a token's text says, known from its mould."""

    credential: Object
    claims: frozenset[str]
    course: Course


@dataclass(frozen=True, slots=True)
class _Plan:
    """An object of the model, and which of its members come out of gaps."""

    model: Object
    gaps: tuple[tuple[str, int, str], ...]
    """A member, the number of its gap, and what stands before the gap in the same text."""
    objects: tuple[tuple[str, "_Plan"], ...] = ()
    lists: tuple[tuple[str, tuple["_Plan", ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Mould:
    """The text of a token's payload between its gaps, and the record it was cut from."""

    form: bytes
    """The text, with ``%b`` for each gap."""
    steps: tuple[tuple[int, int, bytes], ...]
    """To each gap: how much text stands before it, how long it is, or with which sign it ends."""
    pattern: re.Pattern[bytes]
    """What may stand in the gaps, one a line; a group for each where it comes first."""
    kinds: tuple[str, ...]
    """What stands in each gap, in their order."""
    salts: tuple[int, ...]
    plan: _Plan
    ids: frozenset[str]
    """Every id that is the same in all records of the mould."""
    before_index: str
    """How the id of the record's place in the status list begins."""
    claims: frozenset[str]
    course: Course


class _Alike(list[Mould]):
    """The moulds of records that begin to speak of their course in the same way."""

    seen = 0


def read(text: bytes, *, memory: Memory) -> Known | None:
    """What a token's payload says when it fits a mould; nothing when it has to be read."""
    if len(text) > RECORD.size:
        return None
    for mould in memory.get(_Alike, key=_clue(text)) or ():
        if (known := _read(text, mould)) is not None:
            return known
    return None


def remember(
    text: bytes, credential: Object, *, claims: frozenset[str], course: Course, memory: Memory
) -> None:
    """Cut a mould from the payload of a good token, when many of its course have come."""
    clue = _clue(text)
    alike = memory.get(_Alike, key=clue)
    if alike is None:
        alike = _Alike()
        memory.put(alike, key=clue)
    alike.seen += 1
    if alike.seen >= _ENOUGH * (len(alike) + 1) and len(alike) < _MOST_ALIKE:
        mould = cut(text, credential, claims=claims, course=course)
        alike += [mould] if mould is not None else []


def cut(text: bytes, credential: Object, *, claims: frozenset[str], course: Course) -> Mould | None:
    """Cut a mould from a checked record, if its text is written in the one way known here."""
    payload = load_object(text)
    if dump(payload) != text:
        return None
    kinds: list[str] = []
    plan, marked = _plan(payload, {**_CLAIMS, **_RECORD}, kinds)
    parts = _MARK.split(dump(marked))
    numbers = [int(one or other) for one, other in zip(parts[1::3], parts[2::3], strict=True)]
    if list(dict.fromkeys(numbers)) != list(range(len(kinds))):
        return None  # the record itself speaks of gaps
    status_id = reading.text(reading.nested(credential, "credentialStatus"), "id")
    own = {credential["id"], reading.nested(credential, "credentialSubject")["id"], status_id}
    gaps = tuple(gap for gap in plan.gaps if gap[0] not in claims)
    mould = Mould(
        form=b"%b".join(piece.replace(b"%", b"%%") for piece in parts[::3]),
        steps=_steps(parts[::3], numbers, kinds, text),
        pattern=_pattern(numbers, kinds),
        kinds=tuple(kinds),
        salts=tuple(number for number, kind in enumerate(kinds) if kind == "salt"),
        plan=_Plan(credential, gaps, plan.objects, plan.lists),
        ids=frozenset(found for _, found in profile.ids(credential) if found not in own),
        before_index=status_id.rpartition("#")[0] + "#",
        claims=claims,
        course=course,
    )
    known = _read(text, mould)
    return mould if known is not None and known.credential == credential else None


def _clue(text: bytes) -> bytes:
    start = text.find(_CLUE)
    return text[start : start + _CLUE_LENGTH] if start >= 0 else b""


def _read(text: bytes, mould: Mould) -> Known | None:
    """The record in a text, if that fits and what stands in the gaps keeps the rules."""
    held: list[bytes] = []
    place = 0
    for before, length, sign in mould.steps:
        place += before
        end = place + length if length else text.find(sign, place, place + _LONGEST_GAP)
        held.append(text[place:end])
        place = end
    if mould.form % tuple(held) != text:
        return None
    found = mould.pattern.fullmatch(b"\n".join(held))
    if found is None:
        return None
    values = b"\n".join(found.groups()).decode("ascii").split("\n")
    if not _rules_hold(dict(zip(mould.kinds, values, strict=True)), values, mould):
        return None
    return Known(_fill(mould.plan, values), mould.claims, mould.course)


def _rules_hold(one: Mapping[str, str], values: Sequence[str], mould: Mould) -> bool:
    """The rules between members, as far as gaps are in them; ``course.rules_hold`` has them all."""
    ids = {one["id"], one["holder"], mould.before_index + one["index"]}
    if len(ids) != 3 or not mould.ids.isdisjoint(ids):
        return False
    try:
        issued, awarded = reading.time_of(one["issued"]), reading.time_of(one["awarded"])
        start = reading.time_of(one["start"]) if "start" in one else None
        end = reading.time_of(one["end"]) if "end" in one else None
    except ProofError:
        return False
    if awarded > issued or (start is not None and end is not None and start > end):
        return False
    salts = [values[number] for number in mould.salts]
    if len(set(salts)) != len(salts):
        return False
    return "seconds" not in one or int(one["seconds"]) == int(issued.timestamp())


def _fill(plan: _Plan, values: Sequence[str]) -> Object:
    made = dict(plan.model)
    for name, number, before in plan.gaps:
        made[name] = before + values[number]
    for name, inner in plan.objects:
        made[name] = _fill(inner, values)
    for name, several in plan.lists:
        made[name] = [_fill(inner, values) for inner in several]
    return made


def _plan(model: Object, places: _Places, kinds: list[str]) -> tuple[_Plan, Object]:
    """Say which members of an object come out of gaps, and give it with marks in their places.

    Gaps are numbered as they come in the text; ``kinds`` gets the kind of each at its number.
    """
    marked = dict(model)
    gaps: list[tuple[str, int, str]] = []
    objects: list[tuple[str, _Plan]] = []
    lists: list[tuple[str, tuple[_Plan, ...]]] = []
    for name, value in model.items():
        place = places.get(name)
        if isinstance(place, str):
            before = str(value).rpartition("#")[0] + "#" if "#" in str(value) else ""
            if place in _SEVERAL or place not in kinds:
                kinds.append(place)
                number = len(kinds) - 1
            else:
                number = kinds.index(place)
            gaps.append((name, number, before))
            marked[name] = f"{before}~gap:{number}{'~' if isinstance(value, int) else '#'}"
        elif isinstance(place, list) and isinstance(value, list):
            inner = [_plan(entry, place[0], kinds) for entry in reading.objects(model, name)]
            lists.append((name, tuple(plan for plan, _ in inner)))
            marked[name] = [entry for _, entry in inner]
        elif isinstance(place, Mapping) and isinstance(value, dict):
            plan, marked[name] = _plan(value, place, kinds)
            objects.append((name, plan))
    return _Plan(model, tuple(gaps), tuple(objects), tuple(lists)), marked


def _steps(
    pieces: Sequence[bytes], numbers: Sequence[int], kinds: Sequence[str], text: bytes
) -> tuple[tuple[int, int, bytes], ...]:
    """How to go from gap to gap; most are as long in every record as in ``text``."""
    steps: list[tuple[int, int, bytes]] = []
    place = 0
    for piece, after, number in zip(pieces, pieces[1:], numbers, strict=False):
        place += len(piece)
        end = text.index(after[:1], place)
        length = 0 if kinds[number] in _OF_ANY_LENGTH else end - place
        steps.append((len(piece), length, after[:1]))
        place = end
    return tuple(steps)


def _pattern(numbers: Sequence[int], kinds: Sequence[str]) -> re.Pattern[bytes]:
    """What may stand in the gaps: a group where one comes first, the same where it comes again."""
    lines: list[str] = []
    for number in numbers:
        group = f"(?P<g{number}>{_KINDS[kinds[number]]})"
        lines.append(f"(?P=g{number})" if group in lines else group)
    return re.compile("\n".join(lines).encode("ascii"))
