"""All of a policy in words: its table, caps, minimums, cycle, and what is asked before. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from app.recognition.policies.model import (
    Anchor,
    Cap,
    Minimum,
    Otherwise,
    Policy,
    Regime,
    When,
)
from app.web.counting import labels
from app.web.counting.words import RuleWords, exact
from app.web.labels import N_, NN_

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


class PolicyWords(RuleWords):
    """Says whole policies in one language."""

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
            parts.append(self.say(said) % {"what": self.label(when.has_measure, "measure")})
        if when.min_contact_minutes is not None:
            least = self.measured(when.min_contact_minutes, "contact_minutes")
            parts.append(self.say(N_("from %(least)s")) % {"least": least})
        if when.max_contact_minutes is not None:
            most = self.measured(when.max_contact_minutes, "contact_minutes")
            parts.append(self.say(N_("up to %(most)s")) % {"most": most})
        return "; ".join(parts) or self.say(N_("Everything else"))

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

    def cap(self, cap: Cap, policy: Policy) -> str:
        """The most that counts."""
        values = {
            "most": self.amount(cap.max, policy.unit),
            "period": self.label(cap.period, "period"),
            "category": cap.category or "",
        }
        if cap.category is None:
            return self.say(N_("At most %(most)s %(period)s, of everything together.")) % values
        return self.say(N_("At most %(most)s %(period)s of the category %(category)s.")) % values

    def minimum(self, one: Minimum, policy: Policy) -> str:
        """The least that a cycle needs."""
        of = one.category or self.label(one.tag or "", "tag")
        if one.min_share is not None:
            share = f"{exact(one.min_share * 100)} %"
            return self.say(N_("At least %(share)s of it: %(of)s.")) % {"share": share, "of": of}
        least = self.amount(one.min or Fraction(0), policy.unit)
        return self.say(N_("At least %(least)s of it: %(of)s.")) % {"least": least, "of": of}

    def cycle(self, policy: Policy) -> list[str]:
        """What a registrant must reach, and in what time."""
        cycle = policy.cycle
        if cycle is None:
            return []
        one, many = _YEARS
        values = {"amount": self.amount(cycle.total, policy.unit), "number": cycle.months}
        found = [self.ngettext(one, many, cycle.months) % values + "."]
        anchors = {
            Anchor.CALENDAR: N_("Cycles begin on the same day for everybody."),
            Anchor.REGISTRATION: N_("A cycle begins with the registration."),
            Anchor.ROLLING: N_("Always the months that end today."),
        }
        found.append(self.say(anchors[cycle.anchor]))
        found += [self.minimum(each, policy) for each in cycle.minimums]
        if cycle.min_categories:
            said = N_("From at least %(number)s categories.")
            found.append(self.say(said) % {"number": cycle.min_categories})
        if cycle.carry_over_max is not None:
            said = N_("Into the next cycle goes at most %(most)s.")
            most = self.amount(cycle.carry_over_max, policy.unit)
            found.append(self.say(said) % {"most": most})
        return found

    def conditions(self, policy: Policy) -> list[str]:
        """What is asked before the table."""
        return [*self._conditions(policy)]

    def _conditions(self, policy: Policy) -> Iterator[str]:
        yield from self._issuers(policy)
        if policy.approval:
            said = N_("The activity needs an approval of %(body)s.")
            yield self._or(self.say(said) % {"body": policy.approval.body},
                           policy.approval.on_missing)  # fmt: skip
        if policy.scope:
            said = N_("Kinds of activity: %(kinds)s.")
            kinds = self.listed(policy.scope.kinds, "kind")
            yield self._or(self.say(said) % {"kinds": kinds}, policy.scope.otherwise)
        if policy.window and policy.window.max_age_months:
            one, many = NN_("Not older than %(number)s month.", "Not older than %(number)s months.")
            number = policy.window.max_age_months
            yield self.ngettext(one, many, number) % {"number": number}
        if policy.languages:
            said = N_("In one of these languages: %(languages)s.")
            languages = ", ".join(policy.languages.accept)
            yield self._or(self.say(said) % {"languages": languages}, policy.languages.otherwise)
        if policy.excluded_tags:
            said = N_("Not counted when it is of nothing but: %(tags)s.")
            yield self.say(said) % {"tags": self.listed(policy.excluded_tags, "tag")}
        if policy.required_competences:
            rule = policy.required_competences
            said = N_("It names one of the competences %(codes)s.")
            yield self._or(self.say(said) % {"codes": ", ".join(rule.any_of)}, rule.otherwise)
        for mode, delivery in policy.delivery.items():
            said = N_("%(mode)s: shown must be %(what)s.")
            what = self.listed(delivery.require, "delivery")
            values = {"mode": self.label(mode, "mode"), "what": what}
            yield self._or(self.say(said) % values, delivery.on_missing)
        for tag in policy.tag_rules:
            said = N_("Counts as “%(tag)s” only where one of %(codes)s is named.")
            codes = ", ".join(tag.requires_any_competence)
            yield self.say(said) % {"tag": self.label(tag.tag, "tag"), "codes": codes}
        if policy.min_award is not None:
            said = N_("Nothing below %(least)s is counted.")
            yield self.say(said) % {"least": self.amount(policy.min_award, policy.unit)}
        if policy.regime is Regime.EVIDENCE_ONLY:
            yield self.say(labels.REASON["HOURS_NOT_COUNTED"])
        elif policy.regime is Regime.UNIT_TABLE_MISSING:
            yield self.say(labels.REASON["UNIT_TABLE_MISSING"])

    def _issuers(self, policy: Policy) -> Iterator[str]:
        issuers = policy.issuers
        if issuers.accept_any:
            yield self.say(N_("Whoever issued the record."))
        elif issuers.accept_tags:
            said = N_("Issued by a body that the registry lists as one of: %(tags)s.")
            tags = ", ".join(issuers.accept_tags)
            yield self._or(self.say(said) % {"tags": tags}, issuers.otherwise)
        if issuers.standing_on_completion:
            said = self.say(N_("The issuer was on the list on the day of completion."))
            yield self._or(said, issuers.standing_on_completion)

    def _or(self, said: str, otherwise: Otherwise) -> str:
        return f"{said} {self.say(_OTHERWISE[otherwise])}"
