"""A policy in English words, part by part: what its comparison with another version speaks of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from app.recognition.policies.model import (
    Anchor,
    Cap,
    Cycle,
    Minimum,
    Mode,
    Period,
    Policy,
    Rounding,
    Rule,
    Span,
    When,
)

Words = str | tuple[str, ...]
"""A text; or a list, of which the order does not matter."""

_PERIODS = {
    Period.RECORD: "for each record",
    Period.YEAR: "in a year",
    Period.CYCLE: "in a cycle",
    Period.QUALIFYING_PERIOD: "in the qualifying period",
}
_ANCHORS = {
    Anchor.CALENDAR: "the same day for everybody",
    Anchor.REGISTRATION: "the registrant's day of registration",
    Anchor.ROLLING: "rolling, ending with the day asked about",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a policy."""

    path: str
    name: str
    members: Mapping[str, Words]
    """By the name of the member; the main one has no name."""

    @property
    def whole(self) -> str:
        """All of it in a line."""
        return ", ".join(
            f"{name} {words}" if name else words
            for name, words in ((name, _joined(words)) for name, words in self.members.items())
        )


def parts(policy: Policy) -> Iterator[Part]:
    """Every part, in the order of a document. What is not asked is not there."""
    yield Part("", "", _head(policy))
    yield Part("issuers", "Issuers", _issuers(policy))
    yield from _gates(policy)
    for rule in policy.rules:
        yield Part(f"map.{rule.id}", f"Rule {rule.id}", _rule(rule, policy))
    for cap in policy.caps:
        yield Part(f"caps.{cap.id}", f"Cap {cap.id}", _cap(cap))
    for number, one in enumerate(policy.tag_rules):
        twice = sum(other.tag == one.tag for other in policy.tag_rules[:number])
        path = f"tag_rules.{one.tag}" + (f".{twice + 1}" if twice else "")
        yield Part(path, f"Tag {one.tag}", {"needs one of": one.requires_any_competence})
    if policy.cycle is not None:
        yield Part("cycle", "Cycle", _cycle(policy.cycle))
        for minimum in policy.cycle.minimums:
            path = f"cycle.minimums.{minimum.id}"
            yield Part(path, f"Minimum {minimum.id}", _minimum(minimum))


def _head(policy: Policy) -> dict[str, Words]:
    said: dict[str, Words] = {
        "Registry": policy.registry,
        "Status": policy.status.value,
        "In force": span(policy.valid),
        "Time zone": policy.time_zone,
        "Rounding": rounding(policy.rounding),
    }
    told = {
        "Title": policy.title,
        "Unit": policy.unit,
        "Regime": policy.regime.value if policy.regime else None,
        "Least award": None if policy.min_award is None else str(policy.min_award),
        "Basis": _basis(policy),
    }
    said.update({name: text for name, text in told.items() if text is not None})
    if policy.rule_sources:
        said["Sources"] = policy.rule_sources
    return said


def _basis(policy: Policy) -> str | None:
    basis = policy.basis
    if basis is None:
        return None
    return f"{basis.type} {basis.ref}" + (f", annex {basis.annex}" if basis.annex else "")


def _issuers(policy: Policy) -> dict[str, Words]:
    issuers = policy.issuers
    said: dict[str, Words] = {"any": "accepted" if issuers.accept_any else "not accepted as such"}
    for name, tags in (
        ("accepted", issuers.accept_tags),
        ("rejected", issuers.reject_tags),
        ("reviewed", issuers.review_tags),
    ):
        said |= {name: tags} if tags else {}
    said["others"] = issuers.otherwise.value
    if issuers.applies_to_kinds is not None:
        said["asked for"] = issuers.applies_to_kinds
    if issuers.standing_on_completion is not None:
        said["without standing on completion"] = issuers.standing_on_completion.value
    return said


def _gates(policy: Policy) -> Iterator[Part]:
    if policy.approval is not None:
        rule = policy.approval
        missing, expired = rule.on_missing.value, rule.on_expired.value
        members = {"": f"by {rule.body}", "missing": missing, "expired": expired}
        yield Part("approval", "Approval", members)
    if policy.scope is not None:
        members_of = {"kinds": policy.scope.kinds, "others": policy.scope.otherwise.value}
        yield Part("scope", "Scope", members_of)
    if policy.window is not None:
        members = {"": span(policy.window.span)}
        if policy.window.max_age_months is not None:
            members["oldest"] = f"{policy.window.max_age_months} months"
        yield Part("window", "Window", members)
    if policy.languages is not None:
        members_of = {"": policy.languages.accept, "others": policy.languages.otherwise.value}
        yield Part("languages", "Languages", members_of)
    if policy.excluded_tags:
        yield Part("content", "Content not counted", {"": policy.excluded_tags})
    if policy.required_competences is not None:
        rule_of = policy.required_competences
        members_of = {"one of": rule_of.any_of, "else": rule_of.otherwise.value}
        yield Part("required_competences", "Competences", members_of)
    for mode, one in policy.delivery.items():
        members_of = {"needs": one.require, "missing": one.on_missing.value}
        yield Part(f"delivery.{mode}", f"Delivery {mode}", members_of)


def _rule(rule: Rule, policy: Policy) -> dict[str, Words]:
    said: dict[str, Words] = {"": award(rule, policy.unit), "when": when(rule.when)}
    if rule.category is not None:
        said["category"] = rule.category
    if rule.rounding is not None:
        said["rounding"] = rounding(rule.rounding)
    return said


def award(rule: Rule, unit: str | None) -> str:
    """What a line gives: ``1 credit for 60 contact minutes``, or its decision."""
    if rule.decision is not None:
        return f"{rule.decision.value} ({rule.reason})"
    measure = (rule.measure or "").replace("_", " ")
    return f"{rule.credit} {unit or ''} for {rule.per} {measure}".replace("  ", " ")


def when(asked: When) -> str:
    """For which records a line is."""
    said = []
    if asked.kind_in is not None:
        said.append(" or ".join(sorted(asked.kind_in)) or "no kind")
    for name, value in (
        ("stating", asked.has_measure),
        ("as", asked.role),
        ("given", asked.mode),
        ("tagged", asked.tag),
        ("of at least", _minutes(asked.min_contact_minutes)),
        ("of at most", _minutes(asked.max_contact_minutes)),
    ):
        if value is not None:
            said.append(f"{name} {value}")
    return ", ".join(said) or "every record"


def rounding(how: Rounding) -> str:
    """How amounts are rounded."""
    if how.mode is Mode.NONE:
        return "none"
    tie = f", a tie {how.tie.value}" if how.tie else ""
    return f"{'down' if how.mode is Mode.FLOOR else 'nearest'} to {how.step}{tie}"


def span(days: Span) -> str:
    """Days from the first to the last."""
    return f"{_day(days.first) or 'always'} to {_day(days.last) or 'open end'}"


def _cap(cap: Cap) -> dict[str, Words]:
    return {
        "": str(cap.max),
        "period": _PERIODS[cap.period],
        "category": cap.category or "everything",
    }


def _cycle(cycle: Cycle) -> dict[str, Words]:
    said: dict[str, Words] = {
        "": f"{cycle.total} required",
        "length": f"{cycle.months} months",
        "begins": _ANCHORS[cycle.anchor],
        "first": cycle.first.isoformat(),
    }
    if cycle.min_categories is not None:
        said["categories needed"] = str(cycle.min_categories)
    for group, members in cycle.category_groups.items():
        said[f"group {group}"] = members
    if cycle.carry_over_max is not None:
        said["carry-over"] = f"at most {cycle.carry_over_max}"
    return said


def _minimum(minimum: Minimum) -> dict[str, Words]:
    share = minimum.min_share
    said: dict[str, Words] = {"": str(minimum.min) if share is None else f"{share} of the total"}
    if minimum.category is not None:
        said["category"] = minimum.category
    if minimum.tag is not None:
        said["tag"] = minimum.tag
    return said


def _joined(words: Words) -> str:
    return words if isinstance(words, str) else ", ".join(words) or "none"


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _minutes(amount: Fraction | None) -> str | None:
    return None if amount is None else f"{amount} minutes"
