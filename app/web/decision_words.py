"""The words of decisions (``deciding.words``) as filters of the page's language."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from babel import Locale

from app.recognition.deciding import words
from app.recognition.deciding.model import Outcome, Shortfall, Step


def filters(locale: Locale) -> Mapping[str, Callable[..., Any]]:
    """By the names that templates use."""
    tag = words.find_language(str(locale))

    def word(code: str, group: str) -> str:
        return words.name(group, code, tag)

    def say(said: Step | str) -> str:
        return words.say(said, tag)

    def outcome_told(outcome: Outcome) -> str:
        return words.say_outcome(outcome, tag)

    def amount(value: Fraction) -> str:
        return words.amount(value, tag)

    def shortfall(one: Shortfall, unit: str | None = None) -> str:
        return words.say_shortfall(one, tag, unit=unit)

    return {
        "word": word,
        "say": say,
        "outcome_told": outcome_told,
        "amount": amount,
        "shortfall": shortfall,
    }
