"""The sheet on which numbered checks are answered one after the other."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from app.proof.errors import ProofError
from app.verification.model import Check, Outcome
from app.verification.options import Unknown

_LONGEST_TEXT = 500
_LARGEST_KEPT, _MOST_KEPT = 4000, 1024
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
        key = (tuple(self._titles), notes)
        written = _WRITTEN.get(key)
        if written is None:
            written = _write(self._titles, notes)
            if _size(notes) <= _LARGEST_KEPT:
                if len(_WRITTEN) >= _MOST_KEPT:
                    _WRITTEN.clear()
                _WRITTEN[key] = written
        return written


def _showable(text: str) -> str:
    """Text that may quote the record, without what would disturb a terminal or hide a name."""
    if len(text) <= _LONGEST_TEXT and text.isprintable():
        return text
    shown = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "..."
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in shown)


def _write(titles: Mapping[str, str], notes: tuple[_Note, ...]) -> tuple[Check, ...]:
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
            zip(titles.items(), notes, strict=True), start=1
        )
    )


def _size(notes: tuple[_Note, ...]) -> int:
    return sum(
        len(detail) + sum(len(value) for _, value in evidence) for _, detail, evidence in notes
    )


_WRITTEN: dict[tuple[tuple[str, ...], tuple[_Note, ...]], tuple[Check, ...]] = {}
"""Sheets by their codes and notes: those of most records of one issuer are the same, and are
written once. Texts of any length may stand in notes, so that only short ones are kept."""
