"""A policy's rules and what is reckoned by them, as sentences in the page's language.

Pure. Amounts are exact: a number that has no short decimal is written as a fraction.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from gettext import NullTranslations

from babel import Locale
from babel.numbers import format_decimal
from babel.units import format_unit

from app.recognition.deciding.model import Decision
from app.recognition.offering.model import Counting, Need, Needed, Reckoned
from app.recognition.policies.model import (
    Mode,
    Otherwise,
    Policy,
    Rounding,
    Rule,
    Tie,
)
from app.web.counting import labels
from app.web.labels import N_
from app.web.wording import listed, plural_number

_MOST_DECIMALS = 4
_HOUR = 60
_MOST_LINES = 2_000
"""How many lines are remembered as they were said."""
_LISTS = {
    Needed.DELIVERY: "delivery",
    Needed.MEASURE: "measure",
    Needed.KIND: "kind",
}


def exact(value: Fraction) -> str:
    """A fraction in digits: ``8/5`` is ``1.6``, ``64/3`` stays a fraction."""
    scaled = value * 10**_MOST_DECIMALS
    if scaled.denominator != 1:
        whole, rest = divmod(value.numerator, value.denominator)
        return f"{whole} {rest}/{value.denominator}" if whole else f"{rest}/{value.denominator}"
    text = f"{scaled.numerator:0{_MOST_DECIMALS + 1}d}"
    return f"{text[:-_MOST_DECIMALS]}.{text[-_MOST_DECIMALS:]}".rstrip("0").rstrip(".")


class RuleWords:
    """Says rules in one language."""

    def __init__(self, locale: Locale, translations: NullTranslations) -> None:
        self.locale = locale
        self.say = translations.gettext
        self.ngettext = translations.ngettext
        self._lines: dict[tuple[str, str], str] = {}

    def label(self, value: str, table: str) -> str:
        """What people call a word of policies; an unknown one is shown as it is."""
        known = labels.TABLES.get(table, {}).get(value)
        return self.say(known) if known else value

    def amount(self, value: Fraction, unit: str | None) -> str:
        """``8/5`` and ``PDU`` as ``1.6 PDU``."""
        text = exact(value)
        if "/" not in text:
            text = str(format_decimal(text, "#,##0.####", locale=self.locale))
        if unit in labels.UNIT:
            one, many = labels.UNIT[unit]
            number = plural_number(Decimal(value.numerator) / value.denominator, self.locale)
            return self.ngettext(one, many, number) % {"amount": text}
        return f"{text} {unit}" if unit else text

    def measured(self, value: Fraction, measure: str) -> str:
        """``120`` of ``contact_minutes`` as ``2 hours contact time``."""
        if measure.endswith("_minutes"):
            whole = value % _HOUR == 0
            number = value / _HOUR if whole else value
            unit = "duration-hour" if whole else "duration-minute"
            text = exact(number)
            given = text if "/" in text else Decimal(text)
            said = format_unit(given, unit, "long", locale=self.locale)
        else:
            said = self.amount(value, None)
        whole_of = {"amount": said, "measure": self.label(measure, "measure")}
        return self.say(N_("%(amount)s %(measure)s")) % whole_of

    def line(self, rule: Rule, policy: Policy) -> str:
        """What a line of the table gives: ``1 PDU for every 2 hours contact time``."""
        key = (policy.hash, rule.id)
        said = self._lines.get(key)
        if said is None:
            if len(self._lines) >= _MOST_LINES:
                self._lines = {}
            said = self._lines[key] = self._line(rule, policy)
        return said

    def _line(self, rule: Rule, policy: Policy) -> str:
        if rule.decision is Otherwise.REJECT:
            return self.say(N_("Does not count."))
        if rule.decision is not None or rule.credit is None or rule.measure is None:
            return self.say(N_("A person looks at it."))
        credit = self.amount(rule.credit, policy.unit)
        per = self.measured(rule.per or Fraction(1), rule.measure)
        said = self.say(N_("%(credit)s for every %(per)s")) % {"credit": credit, "per": per}
        if rule.rounding is not None and rule.rounding.mode is not Mode.NONE:
            return f"{said}. {self.rounding(rule.rounding)}"
        return said

    def listed(self, values: Sequence[str], table: str) -> str:
        """Several words of policies, with commas."""
        return listed((self.label(value, table) for value in values), self.locale)

    def rounding(self, how: Rounding) -> str:
        if how.mode is Mode.NONE or how.step is None:
            return self.say(N_("Amounts are not rounded."))
        said = self.say(labels.ROUNDING[how.mode]) % {"step": exact(how.step)}
        if how.tie is None:
            return said
        # Not inside an f-string: messages are not found there.
        tie = N_("Halfway goes up.") if how.tie is Tie.UP else N_("Halfway goes down.")
        return f"{said} {self.say(tie)}"

    def reasons(self, decision: Decision) -> list[str]:
        """Why it would come out so; nothing where nothing stood in the way."""
        found: dict[str, list[str]] = {}
        for reason in decision.reasons:
            code, _, about = reason.partition(":")
            if code != "OK":
                found.setdefault(code, []).append(about)
        return [self._reason(code, about) for code, about in found.items()]

    def _reason(self, code: str, about: Sequence[str]) -> str:
        known = labels.REASON.get(code)
        if known is None:
            return code
        table = {"DELIVERY_CRITERIA_UNMET": "delivery", "FACT_MISSING": "measure"}.get(code, "")
        return self.say(known) % {"what": self.listed(about, table)}

    def need(self, need: Need) -> str:
        """What would have to be so."""
        what = self.listed(need.values, _LISTS.get(need.what, ""))
        return self.say(labels.NEED[need.what]) % {"what": what}

    def headline(self, counting: Counting) -> str:
        """An amount where there is one, else what would become of it."""
        first = counting.first
        if first is None:
            return self.label("doubtful" if counting.doubtful else "none", "outcome")
        best = counting.best
        if counting.depends and best is not None and best.decision.outcome.counts:
            return self.say(N_("Up to %(amount)s")) % {"amount": self.outcome(best)}
        return self.outcome(first)

    def ways(self, one: Reckoned) -> str:
        """In which ways it is given, of those that come to the same."""
        modes = [
            self.label(mode, "mode") if mode else self.say(N_("Not stated")) for mode in one.modes
        ]
        return listed(modes, self.locale, clauses=True)

    def outcome(self, one: Reckoned) -> str:
        """What one way of taking it comes to."""
        if one.decision.outcome.counts and one.decision.credited is not None:
            return self.amount(one.decision.credited, one.policy.unit)
        return self.label(one.decision.outcome, "outcome")
