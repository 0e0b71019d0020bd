"""Lines of a policy's table that never apply, or that compete: the first that fits is taken."""

from collections.abc import Iterator

from app.recognition.policies.finding import Found, found
from app.recognition.policies.model import Policy, Rule, When

_MINUTES = "contact_minutes"


def _unreachable(policy: Policy) -> Iterator[Found]:
    taken: set[str] = set()
    for number, rule in enumerate(policy.rules):
        path = ("map", number)
        kinds = rule.when.kind_in
        mend = "Move it up, or leave it out."
        by = next((one for one in policy.rules[:number] if covers(one.when, rule.when)), None)
        if reason := _impossible(rule.when):
            yield found("rule-never", (*path, "when"), reason, "Mend the condition.")
        elif by is not None:
            said = f"Line {rule.id} is never reached: line {by.id} takes all that it is for."
            yield found("rule-unreachable", path, said, mend)
        elif kinds is not None and taken.issuperset(kinds):
            said = f"Line {rule.id} is never reached: the lines above take every kind it names."
            yield found("rule-unreachable", path, said, mend)
        elif _out_of_scope(rule, policy):
            said = f"Line {rule.id} is for kinds that the scope leaves out."
            yield found("rule-out-of-scope", path, said, "Widen the scope, or leave the line out.")
        if kinds is not None and rule.when == When(kind_in=kinds):
            taken.update(kinds)


def _impossible(when: When) -> str | None:
    least, most = when.min_contact_minutes, when.max_contact_minutes
    if least is not None and most is not None and least > most:
        return f"No record has at least {least} and at most {most} minutes."
    return "No record is of none of the kinds." if when.kind_in == () else None


def _out_of_scope(rule: Rule, policy: Policy) -> bool:
    if policy.scope is None or rule.when.kind_in is None:
        return False
    return not set(rule.when.kind_in) & set(policy.scope.kinds)


def _overlapping(policy: Policy) -> Iterator[Found]:
    """Two lines for one record, of which neither is the other's special case."""
    for number, rule in enumerate(policy.rules):
        before = [one.id for one in policy.rules[:number] if _compete(one, rule)]
        if before:
            said = f"A record for line {rule.id} may fit {', '.join(before)} first."
            mend = "If that is meant, leave it; else narrow one of them, or swap them."
            yield found("rules-overlap", ("map", number), said, mend)


def _compete(one: Rule, other: Rule) -> bool:
    special = covers(one.when, other.when) or covers(other.when, one.when)
    return not special and _both(one.when, other.when) and _does(one) != _does(other)


def _does(rule: Rule) -> tuple[object, ...]:
    counted = (rule.measure, rule.per, rule.credit, rule.category, rule.rounding)
    return (*counted, rule.decision, rule.reason)


def covers(wide: When, narrow: When) -> bool:
    """Whether every record that fits ``narrow`` fits ``wide`` too."""
    if wide.kind_in is not None and not (
        narrow.kind_in is not None and set(narrow.kind_in) <= set(wide.kind_in)
    ):
        return False
    for name in ("role", "mode", "tag"):
        asked = getattr(wide, name)
        if asked is not None and getattr(narrow, name) != asked:
            return False
    if wide.has_measure is not None and wide.has_measure not in _measures(narrow):
        return False
    least, most = wide.min_contact_minutes, wide.max_contact_minutes
    given_least, given_most = narrow.min_contact_minutes, narrow.max_contact_minutes
    return (least is None or (given_least is not None and given_least >= least)) and (
        most is None or (given_most is not None and given_most <= most)
    )


def _measures(when: When) -> set[str]:
    """The measures that a record has if it fits."""
    timed = when.min_contact_minutes is not None or when.max_contact_minutes is not None
    return {name for name in (when.has_measure, _MINUTES if timed else None) if name is not None}


def _both(one: When, other: When) -> bool:
    """Whether some record can fit both."""
    if one.kind_in is not None and other.kind_in is not None:
        shared = set(one.kind_in) & set(other.kind_in)
        if not shared:
            return False
    for name in ("role", "mode"):
        first, second = getattr(one, name), getattr(other, name)
        if first is not None and second is not None and first != second:
            return False
    leasts = [x for x in (one.min_contact_minutes, other.min_contact_minutes) if x is not None]
    mosts = [x for x in (one.max_contact_minutes, other.max_contact_minutes) if x is not None]
    return not leasts or not mosts or max(leasts) <= min(mosts)


def _kinds_without_line(policy: Policy) -> Iterator[Found]:
    if policy.scope is None or policy.regime is not None:
        return
    for number, kind in enumerate(policy.scope.kinds):
        if not any(one.when.kind_in is None or kind in one.when.kind_in for one in policy.rules):
            said = f"The scope covers {kind}, and no line of the table is for it."
            path = ("scope", "kinds", number)
            yield found("kind-without-line", path, said, "Add a line; until then a person decides.")


def _counting_nothing(policy: Policy) -> Iterator[Found]:
    for number, rule in enumerate(policy.rules):
        if rule.credit == 0:
            said = f"Line {rule.id} gives nothing, so what fits it is refused as too little."
            mend = "Give a decision and a reason instead."
            yield found("rule-zero", ("map", number, "credit"), said, mend)


CHECKS = (_unreachable, _overlapping, _kinds_without_line, _counting_nothing)
