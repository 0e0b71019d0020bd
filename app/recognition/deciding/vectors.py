"""Worked examples as a file: what they give is compared with what they expect, field by field.

The file has ``policies`` by name and ``vectors``. Types of vectors: ``record``, one record under
one policy; ``cycle``, totals under a policy; ``history``, records one after another and what the
cycles come to. The form is described in ``vectors_form``. An amount is exact; ``credited_decimal``
is the exact amount rounded to four decimals. An expected member that is not known is a mismatch,
and so is a vector that cannot be read: nothing is passed over.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from pydantic import ValidationError

from app.recognition.deciding import vectors_form as form
from app.recognition.deciding.choosing import choose
from app.recognition.deciding.cycle import check, today
from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.history import History, Reached
from app.recognition.deciding.model import Compliance, Decision, Facts, Totals
from app.recognition.policies.model import Policy, Span
from app.recognition.policies.reading import PolicyInvalid, read_document
from app.recognition.policies.text import read_text

_MOST_DIGITS = 4
_LARGEST = 16 * 1024 * 1024
_MOST_WORK = 20_000_000
"""Sums in all histories of a file: some seconds. A hundred records under ten caps are 4 million."""
Found = Mapping[str, Any]


class VectorsInvalid(ValueError):
    """The file as a whole is not of the form; what is wrong is its text."""


class _TooMuch(RuntimeError):
    """The histories of a file have more records, again and again, than can be waited for."""


class _NoPolicy(LookupError):
    """A vector names a policy that is not there, or that cannot be read."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One member that came out otherwise than expected."""

    field: str
    expected: Any
    found: Any

    def __str__(self) -> str:
        return f"{self.field}: expected {_said(self.expected)}, found {_said(self.found)}"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one vector."""

    id: str
    title: str
    mismatches: tuple[Mismatch, ...]

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not self.mismatches


@dataclass(slots=True)
class _Work:
    """What histories may still cost."""

    left: int = _MOST_WORK

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise _TooMuch("too many records under too many caps")


@dataclass(frozen=True, slots=True)
class _Policies:
    """The policies that vectors name: an override first, then the file's own, then known ones."""

    own: Mapping[str, Policy]
    faulty: Mapping[str, str]
    known: Sequence[Policy]
    instead: Policy | None
    work: _Work = field(default_factory=_Work)

    def find(self, name: str) -> Policy:
        policy_id, _, version = name.partition("@")
        own = self.own.get(name)
        if self.instead is not None:
            ids = {policy_id} if own is None else {policy_id, own.policy_id}
            if self.instead.policy_id in ids:
                return self.instead
        if own is not None:
            return own
        if name in self.faulty:
            raise _NoPolicy(f"the policy {name} cannot be read: {self.faulty[name]}")
        found = [
            one
            for one in self.known
            if one.policy_id == policy_id and version in {"", str(one.policy_version)}
        ]
        if not found:
            raise _NoPolicy(f"there is no policy {name}")
        return max(found, key=lambda one: one.policy_version)


def read(text: str) -> Mapping[str, Any]:
    """The document of a file of vectors, YAML or JSON. Raises ``VectorsInvalid``."""
    try:
        return read_text(text, largest=_LARGEST).document
    except PolicyInvalid as error:
        raise VectorsInvalid(str(error)) from error


def run(
    document: Any, *, known: Sequence[Policy] = (), instead: Policy | None = None
) -> tuple[Result, ...]:
    """Run every vector of a file's document. Raises ``VectorsInvalid`` where it is none.

    ``known`` are policies that vectors may name beside the file's own; ``instead`` takes the place
    of the policy with its id, whatever version a vector names.
    """
    try:
        file = form.VectorsFile.model_validate(document)
    except ValidationError as error:
        raise VectorsInvalid(_first(error)) from error
    policies = _read(file.policies, known=known, instead=instead)
    return tuple(
        _run(number, given, policies) for number, given in enumerate(file.vectors, start=1)
    )


def _read(
    documents: Mapping[str, Any], *, known: Sequence[Policy], instead: Policy | None
) -> _Policies:
    own, faulty = {}, {}
    for name, document in documents.items():
        try:
            own[name] = read_document(document)
        except PolicyInvalid as error:
            faulty[name] = str(error)
    return _Policies(own, faulty, known, instead)


def _run(number: int, given: Mapping[str, Any], policies: _Policies) -> Result:
    name = str(given.get("id", f"vector {number}"))
    title = str(given.get("title", ""))
    kind = str(given.get("type"))
    if kind not in _TYPES:
        return Result(name, title, (Mismatch("type", " or ".join(_TYPES), given.get("type")),))
    shape, compare = _TYPES[kind]
    try:
        vector = shape.model_validate(given)
        return Result(name, title, tuple(compare(vector, policies)))
    except ValidationError as error:
        return Result(name, title, (Mismatch("vector", "one that can be read", _first(error)),))
    except _TooMuch as error:
        return Result(name, title, (Mismatch("events", "fewer", str(error)),))
    except _NoPolicy as error:
        return Result(name, title, (Mismatch("policy", "one that is there", str(error)),))


def _record(vector: form.RecordVector, policies: _Policies) -> Iterator[Mismatch]:
    facts = vector.record.facts()
    offered = [policies.find(name) for name in vector.named]
    policy = offered[0] if vector.policy is not None else choose(offered, facts)
    if policy is None:
        yield from _compare(vector.expected, {"decision": None, "policy": None})
        return
    day = vector.today or today(policy, _instant(vector.now))
    decision = evaluate(policy, facts, vector.ledger.ledger(), today=day)
    yield from _compare(vector.expected, _decision(decision))


def _cycle(vector: form.CycleVector, policies: _Policies) -> Iterator[Mismatch]:
    reached = vector.totals.totals()
    yield from _compare(vector.expected, _compliance(check(policies.find(vector.policy), reached)))


def _history(vector: form.HistoryVector, policies: _Policies) -> Iterator[Mismatch]:
    offered = tuple(policies.find(name) for name in vector.policies)
    history = History(offered, vector.registered_on)
    caps = 1 + max(len(one.caps) for one in offered)
    for number, event in enumerate(vector.events):
        place = f"events[{number}]."
        facts = _facts_of(event, history)
        if facts is None:
            yield Mismatch(f"{place}again", "a record that came before", event.again)
            continue
        day = event.today or today(offered[0], _instant(event.now))
        # What came before is summed for each cap; at worst all of it is decided again.
        policies.work.spend((len(history.kept) + 1) ** 2 * caps)
        after = history.decide(facts, today=day)
        found: Found = {"decision": None, "policy": None}
        if after is not None:
            history = after
            kept = history.find(facts.record_id)
            found = _decision(kept.decision) if kept else found
        yield from _compare(event.expected, found, place)
    carried: dict[str, Fraction] = {}
    for number, wanted in enumerate(vector.cycles):
        policy = policies.find(wanted.policy or vector.policies[0])
        carry = wanted.carried_in or carried.get(policy.policy_id, Fraction(0))
        reached = history.cycle(policy, on=wanted.on, carried_in=carry)
        carried[policy.policy_id] = reached.compliance.carry_over or Fraction(0)
        yield from _compare(wanted.expected, _reached(reached), f"cycles[{number}].")


def _facts_of(event: form.Event, history: History) -> Facts | None:
    """The record of an event: a new one, or one that came before with its standing changed."""
    if event.record is not None:
        return event.record.facts()
    kept = history.find(event.again or "")
    return event.changed(kept.facts) if kept else None


_TYPES: Mapping[str, tuple[Any, Callable[[Any, _Policies], Iterator[Mismatch]]]] = {
    "record": (form.RecordVector, _record),
    "cycle": (form.CycleVector, _cycle),
    "history": (form.HistoryVector, _history),
}


def _decision(decision: Decision) -> Found:
    credited = decision.credited
    return {
        "decision": decision.outcome.value,
        "credited": credited,
        "credited_decimal": None if credited is None else four_decimals(credited),
        "reasons": list(decision.reasons),
        "category": decision.category,
        "counted_tags": list(decision.counted_tags),
        "rule": decision.rule,
        "used": dict(decision.used),
        "policy": f"{decision.policy_id}@{decision.policy_version}",
    }


def _compliance(found: Compliance) -> Found:
    return {
        "compliant": found.compliant,
        "shortfalls": [
            {"code": one.code, "short": one.short} | ({"id": one.id} if one.id else {})
            for one in found.shortfalls
        ],
        "carry_over": found.carry_over,
        "lost": found.lost,
    }


def _reached(found: Reached) -> Found:
    return {
        **_compliance(found.compliance),
        **_totals(found.totals),
        "span": _span(found.span),
    }


def _totals(found: Totals) -> Found:
    return {
        "total": found.total,
        "by_category": dict(found.by_category),
        "by_tag": dict(found.by_tag),
    }


def _span(span: Span) -> Found:
    return {
        "from": None if span.first is None else span.first.isoformat(),
        "to": None if span.last is None else span.last.isoformat(),
    }


def four_decimals(amount: Fraction) -> str:
    """The amount for people, rounded half up to four decimals, such as ``1.3333``."""
    shifted = amount * 10**_MOST_DIGITS + Fraction(1, 2)
    digits = str(shifted.numerator // shifted.denominator).rjust(_MOST_DIGITS + 1, "0")
    return f"{digits[:-_MOST_DIGITS]}.{digits[-_MOST_DIGITS:]}"


def _compare(expected: Found, found: Found, place: str = "") -> Iterator[Mismatch]:
    for name, wanted in expected.items():
        if name not in found:
            yield Mismatch(f"{place}{name}", wanted, "no such member")
        elif not _same(wanted, found[name]):
            yield Mismatch(f"{place}{name}", wanted, _plain(found[name]))


def _same(wanted: Any, found: Any) -> bool:
    """Whether they are the same; an amount is one however it is written."""
    if isinstance(found, Fraction):
        return form.amount_or_none(wanted) == found
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        return wanted.keys() == found.keys() and all(
            _same(wanted[name], one) for name, one in found.items()
        )
    if isinstance(found, list) and isinstance(wanted, list):
        return len(wanted) == len(found) and all(map(_same, wanted, found))
    return type(wanted) is type(found) and bool(wanted == found)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [*map(_plain, value)] if isinstance(value, list) else value


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _instant(now: datetime | None) -> datetime:
    if now is None:  # the form has seen to it that one of the two is there
        raise _NoPolicy("neither today nor now is given")
    return now


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, found["loc"]))
    return f"{place}: {found['msg']}" if place else found["msg"]
