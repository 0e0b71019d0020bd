"""The sheet on which numbered checks are answered one after the other."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from app.proof.errors import ProofError
from app.verification.model import Check, Outcome
from app.verification.options import Unknown

_LONGEST_TEXT = 500
_LARGEST_KEPT = 4000
_PASS = Outcome.PASS.value
_Note: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...]]
"""An outcome, what was found, and the evidence."""


class Finding(NamedTuple):
    """What a check that passed found: a sentence for people, and what it rests on."""

    detail: str
    evidence: tuple[tuple[str, str], ...] = ()


class Sheet:
    """The checks as they are made, in the order of ``titles``."""

    __slots__ = ("_notes", "_titles")

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles
        self._notes: list[_Note] = []

    @property
    def made(self) -> int:
        """How many questions are answered."""
        return len(self._notes)

    def passed(self, detail: str, *evidence: tuple[str, str]) -> None:
        """The next check passes."""
        self._notes.append((_PASS, detail, evidence))

    def failed(self, error: ProofError) -> None:
        """The next check ends with an error; what cannot be known is not failed."""
        outcome = Outcome.UNKNOWN if isinstance(error, Unknown) else Outcome.FAIL
        self._notes.append((outcome.value, error.message, (("error", error.code),)))

    def attempt(self, question: Callable[[], Finding]) -> None:
        """Make the next check; whatever it finds, the one after it is made too."""
        try:
            found = question()
        except ProofError as error:
            self.failed(error)
        else:
            self._notes.append((_PASS, *found))

    def skip(self) -> None:
        """The next check is not made, since one before it did not pass."""
        detail = "Not reached: an earlier check has to pass first."
        self._notes.append((Outcome.UNKNOWN.value, detail, ()))

    def close(self) -> tuple[Check, ...]:
        """Mark what was not reached and give all checks."""
        while len(self._notes) < len(self._titles):
            self.skip()
        notes = tuple(self._notes)
        size = sum(len(value) for _, _, evidence in notes for _, value in evidence)
        write = _checks if size <= _LARGEST_KEPT else _checks.__wrapped__
        return write(tuple(self._titles.items()), notes)


def _showable(text: str) -> str:
    """Text that may quote the record, without what would disturb a terminal or hide a name."""
    if len(text) <= _LONGEST_TEXT and text.isprintable():
        return text
    shown = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "..."
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in shown)


@lru_cache(maxsize=1024)
def _checks(titles: tuple[tuple[str, str], ...], notes: tuple[_Note, ...]) -> tuple[Check, ...]:
    """Write the sheet; those of most records of one issuer are the same, and are written once."""
    return tuple(
        Check(
            number=number,
            code=code,
            title=title,
            outcome=Outcome(outcome),
            detail=_showable(detail),
            evidence=MappingProxyType({name: _showable(value) for name, value in evidence}),
        )
        for number, ((code, title), (outcome, detail, evidence)) in enumerate(
            zip(titles, notes, strict=True), start=1
        )
    )
