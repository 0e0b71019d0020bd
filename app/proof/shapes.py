"""The shape of a document: everything about it but its plain texts and numbers.

Two documents of one shape have the same contexts, the same members in the same order, the same
types, languages and truth values, and lists of the same length. A shape is a flat tuple from which
that can be read back without doubt, so two shapes are equal only if the documents are alike.

``read`` gives up (``None``) on anything that wants a closer look; nothing is refused here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from app.proof.numbers import LARGEST, lexical
from app.proof.parse import JSON, Object
from app.proof.screening import EMBEDDING, TERM_MEMBERS, entry

_OBJECT, _LIST, _TEXT, _KEPT, _WHOLE, _FRACTION, _TRUE, _FALSE = range(8)
_KEPT_MEMBERS = TERM_MEMBERS | {"@language", "@direction"}
_LONGEST = 1500  # a record has some 300; what is much longer is not worth learning
_DEEPEST = 40
_TEXT_PLACE = "urn:x-place:"
_FIRST_WHOLE, _FIRST_FRACTION = 7_000_000_000_000, 7_000_000_000_000.5


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document is like, and what it says in the places of that shape."""

    key: tuple[str | int, ...]
    values: list[str]
    """Its texts and numbers in their order, as they are written in statements."""
    contexts: tuple[str, ...]


class _Odd(Exception):
    """Something that wants a closer look."""


@dataclass(slots=True)
class _Reader:
    """Walks through a document once."""

    key: list[str | int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)

    def members(self, value: Object, depth: int) -> None:
        """Note the names, then what each holds."""
        key = self.key
        key += (_OBJECT, len(value))
        key += value
        for name, inner in value.items():
            if inner.__class__ is str and name not in _KEPT_MEMBERS:
                key.append(_TEXT)
                self.values.append(inner)
            else:
                self.value(name, inner, depth)

    def value(self, name: str, value: JSON, depth: int) -> None:
        """Note one value."""
        if isinstance(value, str):
            if name in _KEPT_MEMBERS:
                self.key += (_KEPT, value)
            else:
                self.key.append(_TEXT)
                self.values.append(value)
        elif isinstance(value, dict):
            if depth > _DEEPEST or "@context" in value:
                raise _Odd
            self.members(value, depth + 1)
        elif isinstance(value, list):
            if depth > _DEEPEST:
                raise _Odd
            self.key += (_LIST, len(value))
            if len(value) > 1:
                _check_entries(value)
            for inner in value:
                self.value(name, inner, depth + 1)
        elif isinstance(value, bool):
            self.key.append(_TRUE if value else _FALSE)
        elif isinstance(value, int | float) and abs(value) <= LARGEST:
            self.key.append(_WHOLE if float(value).is_integer() else _FRACTION)
            self.values.append(lexical(value))
        else:
            raise _Odd


def _check_entries(values: list[JSON]) -> None:
    if any(isinstance(value, list) for value in values):
        raise _Odd
    entries = [key for value in values if (key := entry(value)) is not None]
    if len(set(entries)) != len(entries):
        raise _Odd


def read(document: Object, contexts: Mapping[str, JSON]) -> Shape | None:
    """Read the shape of a document without its proof."""
    urls = _urls(document.get("@context"))
    body = _body(document)
    if urls is None or not contexts.keys() >= set(urls) or EMBEDDING in body:
        return None
    reader = _Reader()
    for url in urls:
        reader.key += (url, id(contexts[url]))
    try:
        reader.members(body, 0)
    except _Odd:
        return None
    return None if _wants_a_look(body, reader) else Shape(tuple(reader.key), reader.values, urls)


def _urls(named: JSON) -> tuple[str, ...] | None:
    listed = named if isinstance(named, list) else [named]
    urls = tuple(url for url in listed if isinstance(url, str))
    return urls if len(urls) == len(listed) else None


def _wants_a_look(body: Object, reader: _Reader) -> bool:
    """Whether it is too long, names itself, or has a text that names a blank node or looks so."""
    own = body.get("id")
    return (
        len(reader.key) > _LONGEST
        or (isinstance(own, str) and (reader.values.count(own) > 1 or own in reader.key))
        or "\0_:" in "\0".join(("", *reader.values))
    )


def _body(document: Object) -> Object:
    return {name: value for name, value in document.items() if name != "@context"}


@dataclass(frozen=True, slots=True)
class Blank:
    """A document of a shape in which every text and every number is unlike any other."""

    document: Object
    marks: list[str]
    """What stands in each place, as it is written in statements."""


def blank(document: Object) -> Blank:
    """Put a mark into every place of a document's shape."""
    marks: list[str] = []
    numbers = count()

    def marked(name: str, value: JSON) -> JSON:
        if isinstance(value, dict):
            return {inner: marked(inner, held) for inner, held in value.items()}
        if isinstance(value, list):
            return [marked(name, held) for held in value]
        if isinstance(value, bool) or value is None:
            return value
        mark: str | int | float
        if not isinstance(value, str):
            whole = float(value).is_integer()
            mark = (_FIRST_WHOLE if whole else _FIRST_FRACTION) + next(numbers)
        elif name in _KEPT_MEMBERS:
            return value
        else:
            mark = f"{_TEXT_PLACE}{next(numbers)}"
        marks.append(mark if isinstance(mark, str) else lexical(mark))
        return mark

    body = {name: marked(name, value) for name, value in _body(document).items()}
    return Blank({"@context": document.get("@context"), **body}, marks)
