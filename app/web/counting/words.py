"""A policy's rules and what is reckoned by them, as sentences in the page's language.

Pure. Amounts are exact: a number that has no short decimal is written as a fraction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from gettext import NullTranslations

from babel import Locale
from babel.numbers import format_decimal
from babel.units import format_unit

from app.recognition.deciding.model import Decision
from app.recognition.offering.model import Counting, Need, Needed, Reckoned
from app.recognition.policies.model import (
    Anchor,
    Cap,
    Minimum,
    Mode,
    Otherwise,
    Policy,
    Regime,
    Rounding,
    Rule,
    Tie,
    When,
)
from app.web.counting import labels
from app.web.labels import N_, NN_

_MOST_DECIMALS = 4
_HOUR = 60
_LISTS = {
    Needed.DELIVERY: "delivery",
    Needed.MEASURE: "measure",
    Needed.KIND: "kind",
}
_OTHERWISE = {
    Otherwise.REVIEW: N_("Otherwise a person looks at it."),
    Otherwise.REJECT: N_("Otherwise it does not count."),
}
_YEARS = NN_("%(amount)s in %(number)s month", "%(amount)s in %(number)s months")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a registry's table."""

    id: str
    when: str
    what: str
    category: str
    note: str


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
        self._say = translations.gettext
        self._ngettext = translations.ngettext

    def label(self, value: str, table: str) -> str:
        """What people call a word of policies; an unknown one is shown as it is."""
        known = labels.TABLES.get(table, {}).get(value)
        return self._say(known) if known else value

    def amount(self, value: Fraction, unit: str | None) -> str:
        """``8/5`` and ``PDU`` as ``1.6 PDU``."""
        text = exact(value)
        if "/" not in text:
            text = str(format_decimal(text, "#,##0.####", locale=self.locale))
        return f"{text} {unit}" if unit else text

    def measured(self, value: Fraction, measure: str) -> str:
        """``120`` of ``contact_minutes`` as ``2 hours contact time``."""
        if measure.endswith("_minutes"):
            whole = value % _HOUR == 0
            number = value / _HOUR if whole else value
            unit = "duration-hour" if whole else "duration-minute"
            said = format_unit(float(number) if number.denominator != 1 else int(number), unit,
                               "long", locale=self.locale)  # fmt: skip
            return f"{said} {self.label(measure, 'measure')}"
        return f"{self.amount(value, None)} {self.label(measure, 'measure')}"

    def line(self, rule: Rule, policy: Policy) -> str:
        """What a line of the table gives: ``1 PDU for every 2 hours contact time``."""
        if rule.decision is Otherwise.REJECT:
            return self._say(N_("Does not count."))
        if rule.decision is not None or rule.credit is None or rule.measure is None:
            return self._say(N_("A person looks at it."))
        credit = self.amount(rule.credit, policy.unit)
        per = self.measured(rule.per or Fraction(1), rule.measure)
        said = self._say(N_("%(credit)s for every %(per)s")) % {"credit": credit, "per": per}
        if rule.rounding is not None and rule.rounding.mode is not Mode.NONE:
            return f"{said}. {self.rounding(rule.rounding)}"
        return said

    def when(self, when: When) -> str:
        """For which records a line is."""
        parts = []
        if when.kind_in:
            parts.append(self.listed(when.kind_in, "kind"))
        if when.mode:
            parts.append(self.label(when.mode, "mode"))
        if when.role:
            parts.append(self.label(when.role, "role"))
        if when.tag:
            parts.append(self.label(when.tag, "tag"))
        if when.has_measure:
            said = N_("where the record states %(what)s")
            parts.append(self._say(said) % {"what": self.label(when.has_measure, "measure")})
        if when.min_contact_minutes is not None:
            least = self.measured(when.min_contact_minutes, "contact_minutes")
            parts.append(self._say(N_("from %(least)s")) % {"least": least})
        if when.max_contact_minutes is not None:
            most = self.measured(when.max_contact_minutes, "contact_minutes")
            parts.append(self._say(N_("up to %(most)s")) % {"most": most})
        return "; ".join(parts) or self._say(N_("Everything else"))

    def lines(self, policy: Policy) -> list[Line]:
        """The table, line by line; the first that fits a record is taken."""
        return [
            Line(
                rule.id,
                self.when(rule.when),
                self.line(rule, policy),
                rule.category or "",
                rule.note or "",
            )
            for rule in policy.rules
        ]

    def listed(self, values: Sequence[str], table: str) -> str:
        """Several words of policies, with commas."""
        return ", ".join(self.label(value, table) for value in values)

    def rounding(self, how: Rounding) -> str:
        if how.mode is Mode.NONE or how.step is None:
            return self._say(N_("Amounts are not rounded."))
        said = self._say(labels.ROUNDING[how.mode]) % {"step": exact(how.step)}
        if how.tie is Tie.UP:
            return f"{said} {self._say(N_('Halfway goes up.'))}"
        return f"{said} {self._say(N_('Halfway goes down.'))}" if how.tie else said

    def cap(self, cap: Cap, policy: Policy) -> str:
        """The most that counts."""
        values = {
            "most": self.amount(cap.max, policy.unit),
            "period": self.label(cap.period, "period"),
            "category": cap.category or "",
        }
        if cap.category is None:
            return self._say(N_("At most %(most)s %(period)s, of everything together.")) % values
        return self._say(N_("At most %(most)s %(period)s of the category %(category)s.")) % values

    def minimum(self, one: Minimum, policy: Policy) -> str:
        """The least that a cycle needs."""
        of = one.category or self.label(one.tag or "", "tag")
        if one.min_share is not None:
            share = f"{exact(one.min_share * 100)} %"
            return self._say(N_("At least %(share)s of it: %(of)s.")) % {"share": share, "of": of}
        least = self.amount(one.min or Fraction(0), policy.unit)
        return self._say(N_("At least %(least)s of it: %(of)s.")) % {"least": least, "of": of}

    def cycle(self, policy: Policy) -> list[str]:
        """What a registrant must reach, and in what time."""
        cycle = policy.cycle
        if cycle is None:
            return []
        one, many = _YEARS
        values = {"amount": self.amount(cycle.total, policy.unit), "number": cycle.months}
        found = [self._ngettext(one, many, cycle.months) % values + "."]
        anchors = {
            Anchor.CALENDAR: N_("Cycles begin on the same day for everybody."),
            Anchor.REGISTRATION: N_("A cycle begins with the registration."),
            Anchor.ROLLING: N_("Always the months that end today."),
        }
        found.append(self._say(anchors[cycle.anchor]))
        found += [self.minimum(each, policy) for each in cycle.minimums]
        if cycle.min_categories:
            said = N_("From at least %(number)s categories.")
            found.append(self._say(said) % {"number": cycle.min_categories})
        if cycle.carry_over_max is not None:
            said = N_("Into the next cycle goes at most %(most)s.")
            most = self.amount(cycle.carry_over_max, policy.unit)
            found.append(self._say(said) % {"most": most})
        return found

    def conditions(self, policy: Policy) -> list[str]:
        """What is asked before the table."""
        return [*self._conditions(policy)]

    def _conditions(self, policy: Policy) -> Iterator[str]:
        yield from self._issuers(policy)
        if policy.approval:
            said = N_("The activity needs an approval of %(body)s.")
            yield self._or(self._say(said) % {"body": policy.approval.body},
                           policy.approval.on_missing)  # fmt: skip
        if policy.scope:
            said = N_("Kinds of activity: %(kinds)s.")
            kinds = self.listed(policy.scope.kinds, "kind")
            yield self._or(self._say(said) % {"kinds": kinds}, policy.scope.otherwise)
        if policy.window and policy.window.max_age_months:
            one, many = NN_("Not older than %(number)s month.", "Not older than %(number)s months.")
            number = policy.window.max_age_months
            yield self._ngettext(one, many, number) % {"number": number}
        if policy.languages:
            said = N_("In one of these languages: %(languages)s.")
            languages = ", ".join(policy.languages.accept)
            yield self._or(self._say(said) % {"languages": languages}, policy.languages.otherwise)
        if policy.excluded_tags:
            said = N_("Not counted when it is of nothing but: %(tags)s.")
            yield self._say(said) % {"tags": self.listed(policy.excluded_tags, "tag")}
        if policy.required_competences:
            rule = policy.required_competences
            said = N_("It names one of the competences %(codes)s.")
            yield self._or(self._say(said) % {"codes": ", ".join(rule.any_of)}, rule.otherwise)
        for mode, delivery in policy.delivery.items():
            said = N_("%(mode)s: shown must be %(what)s.")
            what = self.listed(delivery.require, "delivery")
            values = {"mode": self.label(mode, "mode"), "what": what}
            yield self._or(self._say(said) % values, delivery.on_missing)
        for tag in policy.tag_rules:
            said = N_("Counts as “%(tag)s” only where one of %(codes)s is named.")
            codes = ", ".join(tag.requires_any_competence)
            yield self._say(said) % {"tag": self.label(tag.tag, "tag"), "codes": codes}
        if policy.min_award is not None:
            said = N_("Nothing below %(least)s is counted.")
            yield self._say(said) % {"least": self.amount(policy.min_award, policy.unit)}
        if policy.regime is Regime.EVIDENCE_ONLY:
            yield self._say(labels.REASON["HOURS_NOT_COUNTED"])
        elif policy.regime is Regime.UNIT_TABLE_MISSING:
            yield self._say(labels.REASON["UNIT_TABLE_MISSING"])

    def _issuers(self, policy: Policy) -> Iterator[str]:
        issuers = policy.issuers
        if issuers.accept_any:
            yield self._say(N_("Whoever issued the record."))
        elif issuers.accept_tags:
            said = N_("Issued by a body that the registry lists as one of: %(tags)s.")
            tags = ", ".join(issuers.accept_tags)
            yield self._or(self._say(said) % {"tags": tags}, issuers.otherwise)
        if issuers.standing_on_completion:
            said = self._say(N_("The issuer was on the list on the day of completion."))
            yield self._or(said, issuers.standing_on_completion)

    def _or(self, said: str, otherwise: Otherwise) -> str:
        return f"{said} {self._say(_OTHERWISE[otherwise])}"

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
        return self._say(known) % {"what": self.listed(about, table)}

    def need(self, need: Need) -> str:
        """What would have to be so."""
        what = self.listed(need.values, _LISTS.get(need.what, ""))
        return self._say(labels.NEED[need.what]) % {"what": what}

    def headline(self, counting: Counting) -> str:
        """An amount where there is one, else what would become of it."""
        first = counting.first
        if first is None:
            return self.label("doubtful" if counting.doubtful else "none", "outcome")
        return self.outcome(first)

    def outcome(self, one: Reckoned) -> str:
        """What one way of taking it comes to."""
        if one.decision.outcome.counts and one.decision.credited is not None:
            return self.amount(one.decision.credited, one.policy.unit)
        return self.label(one.decision.outcome, "outcome")
