"""The sheet on which numbered checks are answered one after the other."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from app.proof.errors import ProofError
from app.verification.model import Check, Outcome
from app.verification.options import Unknown

_LONGEST_TEXT = 500


class Finding(NamedTuple):
    """What a check that passed found: a sentence for people, and what it rests on."""

    detail: str
    evidence: tuple[tuple[str, str], ...] = ()


class Sheet:
    """The checks as they are made, in the order of ``titles``."""

    __slots__ = ("_titles", "checks")

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = tuple(titles.items())
        self.checks: list[Check] = []

    def passed(self, detail: str, *evidence: tuple[str, str]) -> None:
        """The next check passes."""
        self._note(Outcome.PASS, detail, evidence)

    def failed(self, error: ProofError) -> None:
        """The next check ends with an error; what cannot be known is not failed."""
        outcome = Outcome.UNKNOWN if isinstance(error, Unknown) else Outcome.FAIL
        self._note(outcome, error.message, (("error", error.code),))

    def attempt(self, question: Callable[[], Finding]) -> None:
        """Make the next check; whatever it finds, the one after it is made too."""
        try:
            found = question()
        except ProofError as error:
            self.failed(error)
        else:
            self._note(Outcome.PASS, found.detail, found.evidence)

    def skip(self) -> None:
        """The next check is not made, since one before it did not pass."""
        self._note(Outcome.UNKNOWN, "Not reached: an earlier check has to pass first.", ())

    def close(self) -> tuple[Check, ...]:
        """Mark what was not reached and give all checks."""
        while len(self.checks) < len(self._titles):
            self.skip()
        return tuple(self.checks)

    def _note(self, outcome: Outcome, detail: str, evidence: tuple[tuple[str, str], ...]) -> None:
        number = len(self.checks)
        code, title = self._titles[number]
        shown = tuple((name, _showable(value)) for name, value in evidence)
        question = (number + 1, code, title)
        self.checks.append(_check(question, outcome, _showable(detail), shown))


def _showable(text: str) -> str:
    """Text that may quote the record, without what would disturb a terminal or hide a name."""
    if len(text) <= _LONGEST_TEXT and text.isprintable():
        return text
    shown = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "..."
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in shown)


@lru_cache(maxsize=2048)
def _check(
    question: tuple[int, str, str],
    outcome: Outcome,
    detail: str,
    evidence: tuple[tuple[str, str], ...],
) -> Check:
    """A check; records of one issuer share most of theirs, so each is made once."""
    return Check(*question, outcome, detail, MappingProxyType(dict(evidence)))
