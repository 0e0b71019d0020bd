"""Closed shapes of JSON values: declared once, checked in Python, written out as JSON Schema.

The profile of our records is declared with these, so that what we check and the schema that we
publish cannot differ. A shape answers twice: ``problems`` explains, and ``test`` gives a compiled
function that only says yes or no, for the many records that have no problem. Both must agree on
every value; ``tests/unit/verification/test_shape.py`` holds them to it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from app.proof.parse import JSON, Object

Test: TypeAlias = Callable[[JSON], bool]
"""Whether a value has a shape, without saying why not."""


@dataclass(frozen=True, slots=True)
class ProfileProblem:
    """What is wrong at one place of a document."""

    pointer: str
    """JSON pointer (RFC 6901) of the place."""
    code: str
    message: str


class Shape(Protocol):
    """What a value may look like."""

    def problems(self, value: JSON, *, pointer: str = "") -> Iterator[ProfileProblem]:
        """Every way in which ``value``, found at ``pointer``, does not have the shape."""

    def test(self) -> Test:
        """The same, compiled: true when there is no problem."""

    def schema(self) -> Object:
        """The same as JSON Schema, draft 2020-12."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Any value: a place that somebody else looks at."""

    def problems(self, value: JSON, *, pointer: str = "") -> Iterator[ProfileProblem]:
        """See ``Shape``."""
        return iter(())

    def test(self) -> Test:
        """See ``Shape``."""
        return lambda _: True

    def schema(self) -> Object:
        """See ``Shape``."""
        return {}


@dataclass(frozen=True, slots=True)
class Constant:
    """Exactly this text, or ``true``, or these texts in this order."""

    value: str | bool | tuple[str, ...]

    def problems(self, value: JSON, *, pointer: str = "") -> Iterator[ProfileProblem]:
        """See ``Shape``."""
        if value != self._json() or isinstance(value, bool) != isinstance(self.value, bool):
            yield ProfileProblem(pointer, "shape", f"must be exactly {self._json()!r}")

    def test(self) -> Test:
        """See ``Shape``."""
        wanted, is_bool = self._json(), isinstance(self.value, bool)
        return lambda value: value == wanted and isinstance(value, bool) == is_bool

    def schema(self) -> Object:
        """See ``Shape``."""
        return {"const": self._json()}

    def _json(self) -> JSON:
        return list(self.value) if isinstance(self.value, tuple) else self.value


@dataclass(frozen=True, slots=True)
class Text:
    """A text that matches the whole ``pattern`` and says in words what it must be."""

    pattern: str
    words: str
    longest: int = 2000

    def problems(self, value: JSON, *, pointer: str = "") -> Iterator[ProfileProblem]:
        """See ``Shape``."""
        fits = isinstance(value, str) and len(value) <= self.longest
        if not fits or not re.fullmatch(self.pattern, str(value)):
            yield ProfileProblem(pointer, "shape", f"must be {self.words}")

    def test(self) -> Test:
        """See ``Shape``."""
        match, longest = re.compile(self.pattern).fullmatch, self.longest
        return lambda value: (
            isinstance(value, str) and len(value) <= longest and match(value) is not None
        )

    def schema(self) -> Object:
        """See ``Shape``."""
        return {
            "type": "string",
            "pattern": f"^(?:{self.pattern})$",
            "maxLength": self.longest,
            "description": f"Must be {self.words}.",
        }


@dataclass(frozen=True, slots=True)
class Number:
    """A number from 0 to ``most``."""

    most: int

    def problems(self, value: JSON, *, pointer: str = "") -> Iterator[ProfileProblem]:
        """See ``Shape``."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            yield ProfileProblem(pointer, "shape", "must be a number")
        elif not 0 <= value <= self.most:
            yield ProfileProblem(pointer, "range", f"must be from 0 to {self.most}")

    def test(self) -> Test:
        """See ``Shape``."""
        most = self.most
        return lambda value: (
            isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
        )

    def schema(self) -> Object:
        """See ``Shape``."""
        return {"type": "number", "minimum": 0, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of ``item``, from 1 to ``most`` of them, none twice."""

    item: Shape
    most: int = 100

    def problems(self, value: JSON, *, pointer: str = "") -> Iterator[ProfileProblem]:
        """See ``Shape``."""
        if not isinstance(value, list) or not 1 <= len(value) <= self.most:
            yield ProfileProblem(pointer, "shape", f"must be a list of 1 to {self.most} entries")
            return
        for index, entry in enumerate(value):
            yield from self.item.problems(entry, pointer=f"{pointer}/{index}")
            if entry in value[:index]:
                yield ProfileProblem(f"{pointer}/{index}", "twice", "is in the list twice")

    def test(self) -> Test:
        """See ``Shape``."""
        holds, most = self.item.test(), self.most

        def test(value: JSON) -> bool:
            if not isinstance(value, list) or not 1 <= len(value) <= most:
                return False
            for entry in value:
                if not holds(entry):
                    return False
            return len(value) == 1 or all(
                value.index(entry) == index for index, entry in enumerate(value)
            )

        return test

    def schema(self) -> Object:
        """See ``Shape``."""
        bounds: Object = {"minItems": 1, "maxItems": self.most, "uniqueItems": True}
        return {"type": "array", "items": self.item.schema(), **bounds}


@dataclass(frozen=True, slots=True)
class Members:
    """An object with these members and no others."""

    required: Mapping[str, Shape]
    optional: Mapping[str, Shape]

    def problems(self, value: JSON, *, pointer: str = "") -> Iterator[ProfileProblem]:
        """See ``Shape``."""
        if not isinstance(value, dict):
            yield ProfileProblem(pointer, "shape", "must be an object")
            return
        known = {**self.required, **self.optional}
        for name in sorted(self.required.keys() - value.keys()):
            yield ProfileProblem(f"{pointer}/{name}", "missing", "must be there")
        for name, inner in value.items():
            place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            if name in known:
                yield from known[name].problems(inner, pointer=place)
            else:
                yield ProfileProblem(place, "unknown", "must not be there")

    def test(self) -> Test:
        """See ``Shape``."""
        required = frozenset(self.required)
        find = {
            name: shape.test() for name, shape in {**self.required, **self.optional}.items()
        }.get

        def test(value: JSON) -> bool:
            if not isinstance(value, dict) or not required <= value.keys():
                return False
            for name, inner in value.items():
                holds = find(name)
                if holds is None or not holds(inner):
                    return False
            return True

        return test

    def schema(self) -> Object:
        """See ``Shape``."""
        known = {**self.required, **self.optional}
        required: list[JSON] = [*sorted(self.required)]
        return {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in known.items()},
            "required": required,
            "additionalProperties": False,
        }
