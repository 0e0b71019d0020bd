"""What holds of any policy, any record, any figures and any sequence of records."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.recognition.deciding import vectors_form as form
from app.recognition.deciding.cycle import cap_span, check
from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.history import History, Kept, ledger_for
from app.recognition.deciding.model import Decision, Gate
from app.recognition.deciding.stored import decision_as_json, decision_from_json
from app.recognition.ledger.figures import Book, Entry
from app.recognition.policies.model import Period, Policy
from app.recognition.policies.reading import read_document
from tests.unit.recognition import second_evaluator
from tests.unit.recognition.policy_strategies import (
    CYCLES,
    DAYS,
    LEDGERS,
    RECORDS,
    TOTALS,
    Document,
    policies,
)


@dataclass(frozen=True)
class Property:
    """Something that holds whatever is given."""

    holds: Callable[..., None]
    given: tuple[st.SearchStrategy[Any], ...]
    weight: int

    def prove(self, *, examples: int) -> None:
        """Look for something it does not hold for."""
        checks = list(HealthCheck)
        many = settings(
            max_examples=examples * self.weight, deadline=None, suppress_health_check=checks
        )
        many(given(*self.given)(self.holds))()


PROPERTIES: dict[str, Property] = {}


def prop(
    *strategies: st.SearchStrategy[Any], weight: int
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def keep(holds: Callable[..., None]) -> Callable[..., None]:
        PROPERTIES[holds.__name__] = Property(holds, strategies, weight)
        return holds

    return keep


def decided(document: Document, record: Document, ledger: Document, today: str) -> Decision:
    facts = form.RecordPart.model_validate(record).facts()
    known = form.LedgerPart.model_validate(ledger).ledger()
    day = date.fromisoformat(today)
    return evaluate(read_document(document), facts, known, today=day)


def plain(decision: Decision) -> dict[str, Any]:
    return {
        "outcome": decision.outcome.value,
        "reasons": list(decision.reasons),
        "credited": decision.credited,
        "category": decision.category,
        "rule": decision.rule,
        "counted_tags": list(decision.counted_tags),
    }


@prop(policies(), RECORDS, LEDGERS, DAYS, weight=3)
def both_evaluators_say_the_same_of_any_record_under_any_policy(
    document: Document, record: Document, ledger: Document, today: str
) -> None:
    other = second_evaluator.decide(document, record, ledger, date.fromisoformat(today))
    assert plain(decided(document, record, ledger, today)) == other


@prop(policies(), CYCLES, TOTALS, weight=1)
def both_evaluators_say_the_same_of_any_cycle(
    document: Document, cycle: Document, totals: Document
) -> None:
    policy = read_document({**document, "cycle": cycle})
    found = check(policy, form.TotalsPart.model_validate(totals).totals())
    short = [(one.code, one.id, one.short) for one in found.shortfalls]
    other = second_evaluator.judge({**document, "cycle": cycle}, totals)
    assert (short, found.carry_over, found.lost) == other


@prop(policies(), RECORDS, LEDGERS, DAYS, weight=1)
def a_kept_decision_repeats_from_its_own_figures(
    document: Document, record: Document, ledger: Document, today: str
) -> None:
    """What a second party has is the decision and its figures: by them it comes out again."""
    first = decided(document, record, ledger, today)
    kept = decision_from_json(decision_as_json(first))
    assert kept == first
    if first.outcome.counts:
        figures = {"used": {name: str(amount) for name, amount in first.used.items()}}
        assert decided(document, record, figures, today) == first


@prop(policies(), RECORDS, LEDGERS, DAYS, weight=3)
def a_trace_says_what_became_of_the_record(
    document: Document, record: Document, ledger: Document, today: str
) -> None:
    decision = decided(document, record, ledger, today)
    gates = [step.gate for step in decision.trace]
    order = list(Gate)
    assert [order.index(gate) for gate in gates] == sorted(order.index(gate) for gate in gates)
    assert all(step.passed for step in decision.trace[:-1])
    assert decision.trace[-1].passed is decision.outcome.counts
    assert (decision.credited is not None) is decision.outcome.counts
    if not decision.outcome.counts:
        assert decision.trace[-1].code == decision.reasons[0].partition(":")[0]
        return
    # The amount follows from the trace alone: each step takes up what the one before gave.
    amount = Fraction(0)
    for step in decision.trace:
        if step.code == "converted":
            measured, per, credit = (
                Fraction(step.values[x]) for x in ("measured", "per", "credit")
            )
            assert Fraction(step.values["amount"]) == measured / per * credit
        if step.code.startswith("rounded-"):
            assert Fraction(step.values["exact"]) == amount
        if step.code == "capped":
            assert amount > Fraction(step.values["left"])
        if step.code == "within-cap":
            assert amount <= Fraction(step.values["left"])
        amount = Fraction(step.values.get("amount", amount))
    assert amount == decision.credited


def history_of(
    policy: Policy, records: list[Document], *, registered_on: date, today: date
) -> History:
    history = History((policy,), registered_on)
    for number, record in enumerate(records):
        facts = form.RecordPart.model_validate({**record, "record_id": f"r{number}"}).facts()
        after = history.decide(facts, today=today)
        assert after is not None
        history = after
    return history


HISTORIES = st.tuples(
    policies(),
    st.lists(RECORDS, min_size=2, max_size=12),
    st.dates(date(2020, 1, 1), date(2024, 2, 29)),
)
TODAY = date(2030, 1, 1)


@prop(HISTORIES, weight=1)
def no_cap_is_exceeded_by_any_sequence(given_: tuple[Document, list[Document], date]) -> None:
    document, records, registered_on = given_
    policy = read_document(document)
    history = history_of(policy, records, registered_on=registered_on, today=TODAY)
    for cap in policy.caps:
        for kept in history.kept:
            day = kept.facts.completed
            span = cap_span(policy, cap, day, registered_on=registered_on)
            counted = [
                one.decision.credited or Fraction(0)
                for one in history.kept
                if span.holds(one.facts.completed)
                and cap.category in {None, one.decision.category}
                and (cap.period is not Period.RECORD or one is kept)
            ]
            assert sum(counted, Fraction(0)) <= cap.max


@prop(HISTORIES, st.randoms(use_true_random=False), weight=1)
def the_order_of_submission_changes_a_total_by_no_more_than_caps_say(
    given_: tuple[Document, list[Document], date], shuffle: random.Random
) -> None:
    """Without caps that look at others the order is nothing; with them a total stays below both
    what the records come to without them and what the caps allow.
    """
    document, records, registered_on = given_
    alone = [{**one, "activity_key": f"k-{number}"} for number, one in enumerate(records)]
    shuffled = [*alone]
    shuffle.shuffle(shuffled)
    caps = [cap for cap in document.get("caps", []) if cap["period"] == "record"]
    free = read_document({**document, "caps": caps})
    bound = read_document(document)

    def total(policy: Policy, given_records: list[Document]) -> Fraction:
        made = history_of(policy, given_records, registered_on=registered_on, today=TODAY)
        return sum((one.decision.credited or Fraction(0) for one in made.kept), Fraction(0))

    assert total(free, alone) == total(free, shuffled)
    assert total(bound, shuffled) <= total(free, shuffled)
    shared = [cap for cap in document.get("caps", []) if cap["period"] != "record"]
    apart = document.get("cycle", {}).get("anchor") != "rolling"
    if len(shared) == 1 and shared[0].get("category") is None and not caps and apart:
        # One cap over everything: whatever the order, each of its periods is filled as far.
        # Where cycles roll, periods overlap: who takes what two of them share is the order's.
        assert total(bound, alone) == total(bound, shuffled)


@prop(HISTORIES, weight=1)
def deciding_again_with_nothing_new_changes_nothing(
    given_: tuple[Document, list[Document], date],
) -> None:
    document, records, registered_on = given_
    policy = read_document(document)
    history = history_of(policy, records, registered_on=registered_on, today=TODAY)
    again = history.decide(history.kept[0].facts, today=TODAY)
    assert again == history


@prop(HISTORIES, weight=1)
def the_ledgers_book_has_the_same_figures(
    given_: tuple[Document, list[Document], date],
) -> None:
    document, records, registered_on = given_
    policy = read_document(document)
    book, before = Book(registered_on=registered_on), list[Kept]()
    for kept in history_of(policy, records, registered_on=registered_on, today=TODAY).kept:
        figures = ledger_for(policy, kept.facts, before, registered_on=registered_on)
        found = book.ledger(policy, kept.facts)
        assert found.used == figures.used
        assert found.record_ids == figures.record_ids & {kept.facts.record_id}
        assert found.activity_keys == figures.activity_keys & {kept.facts.activity_key}
        book.add(Entry.of(kept.decision, kept.facts))
        before.append(kept)
