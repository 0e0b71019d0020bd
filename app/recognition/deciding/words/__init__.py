"""What deciding has found, in the words of a language: steps, reasons, outcomes, cycles, appeals.

The tables (``*.json``) have the same entries in each language, with the same places to fill, and a
test sees to it. Amounts are exact, with a decimal beside: ``8/5 (1.6)``. A code of which there is
no word is shown as it is: nothing is left out for want of one.
"""

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from app.recognition.deciding.model import Outcome, Shortfall, Step

LANGUAGES = ("en", "fr", "es", "ru", "zh-Hans", "zh-Hant", "ar", "ur")
"""By BCP 47 tag: the languages of certificates."""

Table = Mapping[str, Mapping[str, str]]
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})
_AMOUNTS = frozenset(
    {
        "amount",
        "exact",
        "step",
        "least",
        "max",
        "used",
        "left",
        "per",
        "credit",
        "measured",
        "short",
    }
)
_DAYS = frozenset({"completed", "today"})
_NAMED = {
    "kind": "kind",
    "mode": "mode",
    "measure": "measure",
    "missing": "delivery",
    "tags": "tag",
}
"""Places that hold codes, or lists of them, and the table that names each."""
_ABOUT = {"DELIVERY_CRITERIA_UNMET": "delivery", "FACT_MISSING": "measure"}
"""What stands after the colon of a reason, where it has a name."""
_PLACE = re.compile(r"\{(\w+)\}")
_DECIMALS = 4
_FIRST_STRONG, _END = "\u2068", "\u2069"


def find_language(tag: str | None) -> str:
    """The language of ours for a tag such as ``zh-TW``; English where there is none."""
    first, *rest = (tag or "").replace("_", "-").lower().split("-")
    if first == "zh":
        return "zh-Hant" if _TRADITIONAL & set(rest) else "zh-Hans"
    return first if first in LANGUAGES else "en"


@cache
def table(language: str) -> Table:
    """All words of a language: groups of entries by code."""
    read = json.loads(files(__name__).joinpath(f"{language}.json").read_text(encoding="utf-8"))
    return MappingProxyType(read)


def say(said: Step | str, language: str) -> str:
    """A step of a trace, or a reason such as ``CAP:imported-year``, as a sentence."""
    language = find_language(language)
    return _step(said, language) if isinstance(said, Step) else _reason(said, language)


def say_outcome(outcome: Outcome, language: str) -> str:
    """What an outcome means, as a sentence; ``name("outcome", ...)`` is its name."""
    return table(find_language(language))["outcome_told"][outcome.value]


def say_shortfall(shortfall: Shortfall, language: str, *, unit: str | None = None) -> str:
    """A requirement that is not met, as a sentence."""
    language = find_language(language)
    short = amount(shortfall.short, language)
    if unit and shortfall.code != "TOO_FEW_CATEGORIES":
        short = f"{short} {unit}"
    values = {"short": short, "id": shortfall.id or ""}
    return _filled(
        table(language)["shortfall"].get(shortfall.code, shortfall.code), values, language
    )


def say_appeal(state: str, language: str) -> str:
    """How an appeal stands, as a sentence."""
    return name("appeal", state, language)


def say_cause(cause: str, language: str) -> str:
    """Why a decision was made, as a sentence."""
    return name("cause", cause, language)


def name(group: str, code: str, language: str) -> str:
    """What people call a code of a group such as ``kind`` or ``outcome``; or the code."""
    return table(find_language(language)).get(group, {}).get(code, code)


def amount(value: Fraction, language: str) -> str:
    """An exact amount with a decimal beside it: ``8/5 (1.6)``, ``4/3 (≈ 1.3333)``, ``12``."""
    locale = _locale(find_language(language))
    if value.denominator == 1:
        return str(format_decimal(value.numerator, locale=locale))
    shifted = value * 10**_DECIMALS
    sign = "" if shifted.denominator == 1 else "≈ "
    text = format_decimal(_decimal(value), format="#,##0.####", locale=locale)
    return f"{value} ({sign}{text})"


def _decimal(value: Fraction) -> Decimal:
    near = round(value, _DECIMALS)
    return Decimal(near.numerator) / Decimal(near.denominator)


def _step(step: Step, language: str) -> str:
    words = table(language)
    values = {**step.values, **_span(step.values, language)}
    for text in (words["step"].get(step.code), words["reason"].get(step.code)):
        if text is not None and set(_PLACE.findall(text)) <= values.keys():
            return _filled(text, _shown(values, language), language)
    if "rule" in values:
        rule = {"rule": values["rule"]}
        return f"{_filled(words['step']['RULE'], rule, language)} ({step.code})"
    return step.code


def _reason(reason: str, language: str) -> str:
    code, _, about = reason.partition(":")
    text = table(language)["reason"].get(code)
    if text is None:
        return f"{table(language)['reason']['RULE']} ({reason})"
    shown = name(_ABOUT[code], about, language) if code in _ABOUT else about
    return _filled(text, {"about": shown}, language)


def _span(values: Mapping[str, str], language: str) -> dict[str, str]:
    if "from" not in values or "to" not in values:
        return {}
    days = (_day(values[one], language) if values[one] else "…" for one in ("from", "to"))
    return {"span": " – ".join(days)}


def _shown(values: Mapping[str, str], language: str) -> dict[str, str]:
    return {place: _value(place, value, language) for place, value in values.items()}


def _value(place: str, value: str, language: str) -> str:
    if place in _AMOUNTS:
        return _amount(value, language)
    if place in _DAYS:
        return _day(value, language)
    if place in _NAMED:
        codes = value.split(", ")
        return ", ".join(name(_NAMED[place], code, language) for code in codes)
    if place == "language":
        return ", ".join(_tongue(tag, language) for tag in value.split(", "))
    return value


def _amount(value: str, language: str) -> str:
    try:
        return amount(Fraction(value), language)
    except (ValueError, ZeroDivisionError):  # an older decision may hold something else
        return value


def _day(value: str, language: str) -> str:
    try:
        return str(format_date(date.fromisoformat(value), "long", locale=_locale(language)))
    except ValueError:
        return value


def _tongue(tag: str, language: str) -> str:
    named = _locale(language).languages.get(tag.replace("-", "_"))
    return str(named or tag)


def _filled(text: str, values: Mapping[str, str], language: str) -> str:
    """The text with its places filled; in right-to-left text each keeps its own direction."""
    rtl = _locale(language).text_direction == "rtl"
    start, end = (_FIRST_STRONG, _END) if rtl else ("", "")
    filled = _PLACE.sub(lambda place: f"{start}{values.get(place[1], '')}{end}", text)
    return filled.strip()


@cache
def _locale(language: str) -> Locale:
    return Locale.parse("en-GB" if language == "en" else language, sep="-")
