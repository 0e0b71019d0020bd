"""What a policy says that its author may not have meant. It can be read; this is advice.

A fault stops a policy from being read (``reading``). A finding does not: a line that never applies,
a limit that never binds, a code that no record carries. Each has a stable code and a mend.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import chain, islice

from app.recognition.policies import lint_amounts, lint_codes, lint_lines
from app.recognition.policies.finding import Finding, Found, found
from app.recognition.policies.model import Anchor, Mode, Policy, Regime, Rounding
from app.recognition.policies.reading import read_policy
from app.recognition.policies.text import Path, path_of, read_text

__all__ = ["MOST", "Finding", "lint", "lint_text"]

MOST = 200
"""Findings on one policy. Whoever has so many to look at begins with these."""


def lint(policy: Policy, *, today: date | None = None) -> tuple[Finding, ...]:
    """Everything to look at again; ``today`` finds what has ended, and is left out to ask nothing.

    The lines are those of no text: ``lint_text`` has them.
    """
    return tuple(
        Finding(one.code, path_of(one.path), None, one.detail, one.mend)
        for one in _findings(policy, today)
    )


def lint_text(text: str, *, today: date | None = None) -> tuple[Policy, tuple[Finding, ...]]:
    """A policy's text read and looked through. Raises ``PolicyInvalid``."""
    policy = read_policy(text)
    source = read_text(text)
    return policy, tuple(
        Finding(one.code, path_of(one.path), source.line(one.path), one.detail, one.mend)
        for one in _findings(policy, today)
    )


def _findings(policy: Policy, today: date | None) -> list[Found]:
    checks: Iterable[Callable[[Policy], Iterator[Found]]] = (
        _issuers,
        _regime,
        _roundings,
        _cycle,
        _sources,
        *lint_lines.CHECKS,
        *lint_codes.CHECKS,
        *lint_amounts.CHECKS,
    )
    ended = iter(()) if today is None else _ended(policy, today)
    said = chain(ended, chain.from_iterable(check(policy) for check in checks))
    return [*islice(said, MOST)]


def _ended(policy: Policy, today: date) -> Iterator[Found]:
    last = policy.valid.last
    if last is not None and last < today:
        said = f"It ended on {last}; it decides on nothing completed later."
        yield found("valid-ended", ("valid", "to"), said, "Leave the day out, or write a version.")
    if policy.window is not None and policy.window.span.last is not None:
        first = policy.valid.first
        if first is not None and policy.window.span.last < first:
            said = "The window closes before the policy begins: nothing can count."
            yield found("window-closed", ("window", "to"), said, "Mend one of the two days.")


def _issuers(policy: Policy) -> Iterator[Found]:
    issuers, path = policy.issuers, ("issuers",)
    if not issuers.accept_any and not issuers.accept_tags:
        said = f"No issuer is accepted: every record ends in {issuers.otherwise.value}."
        yield found("issuer-nobody", path, said, "Name accept_tags, or accept_any: true.")
    if issuers.accept_any and issuers.accept_tags:
        said = "Any issuer is accepted, so accept_tags change nothing."
        yield found("issuer-tags-unused", (*path, "accept_tags"), said, "Leave one of them out.")
    against = {*issuers.reject_tags, *issuers.review_tags}
    for tag in issuers.accept_tags:
        if tag in against:
            said = f"Issuers tagged {tag} are accepted and held back; held back goes first."
            yield found("issuer-tag-twice", (*path, "accept_tags"), said, "Leave it in one list.")


def _regime(policy: Policy) -> Iterator[Found]:
    if policy.regime is not None and policy.rules:
        said = f"Under the regime {policy.regime.value} no line of the table is ever looked at."
        yield found("table-unused", ("map",), said, "Leave the lines or the regime out.")
    if policy.regime is Regime.EVIDENCE_ONLY and policy.cycle is not None:
        said = "Nothing counts under this regime, so no cycle is ever met."
        yield found("cycle-unmet", ("cycle",), said, "Leave the cycle out.")


def _roundings(policy: Policy) -> Iterator[Found]:
    yield from _rounding(policy.rounding, ("rounding",))
    for number, rule in enumerate(policy.rules):
        if rule.rounding is not None:
            yield from _rounding(rule.rounding, ("map", number, "rounding"))


def _rounding(how: Rounding, path: Path) -> Iterator[Found]:
    if how.mode is not Mode.NEAREST and how.tie is not None:
        said = f"Rounding {how.mode.value} has no ties."
        yield found("tie-unused", (*path, "tie"), said, "Leave the tie out.")
    if how.mode is Mode.NONE and how.step is not None:
        said = "Nothing is rounded, so the step changes nothing."
        yield found("step-unused", (*path, "step"), said, "Leave it out, or name a mode.")


def _cycle(policy: Policy) -> Iterator[Found]:
    cycle = policy.cycle
    if cycle is None:
        if policy.regime is None and policy.basis is None:
            said = "There is no cycle: nothing says how much is needed, or by when."
            yield found("no-cycle", (), said, "Add a cycle, if the rules have one.")
        return
    if cycle.anchor is Anchor.ROLLING and cycle.carry_over_max is not None:
        said = "A rolling cycle ends every day and hands nothing on."
        path = ("cycle", "carry_over_max")
        yield found("carry-over-rolling", path, said, "Leave it out, or name another anchor.")


def _sources(policy: Policy) -> Iterator[Found]:
    if not policy.rule_sources:
        said = "Nobody can look up where these rules are published."
        yield found("no-source", (), said, "Name them under rule_sources.")
