"""What is used of each cap, in any order: no cap is exceeded, and no order changes the total."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.recognition.deciding import cycle
from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.model import Binding, Decision, Facts, Signature, Standing
from app.recognition.ledger.figures import Book, Entry
from app.recognition.policies.model import Policy
from app.recognition.policies.reading import read_policy
from tests.simulator.ledgers import POLICY

TODAY = date(2026, 12, 31)


def policy(cap: str = "10", whole: str = "15", months: int = 12) -> Policy:
    given = {"registry": "x", "policy_id": "rules", "version": "1", "first": "null"}
    text = POLICY.format(**given, last="null", credit="1", cap=cap, whole=whole)
    return read_policy(text.replace("months: 12", f"months: {months}"))


def facts(number: int, kind: str, minutes: int, day: date) -> Facts:
    return Facts(
        record_id=f"r-{number}",
        completed=day,
        kind=kind,
        activity_key=f"a-{number}",
        measures={"contact_minutes": Fraction(minutes)},
        signature=Signature.VALID,
        status=Standing.VALID,
        holder=Binding.BOUND,
    )


def decided(rules: Policy, given: list[Facts]) -> list[Decision]:
    """In this order of submission."""
    book, made = Book(registered_on=None), []
    for one in given:
        decision = evaluate(rules, one, book.ledger(rules, one), today=TODAY)
        book.add(Entry.of(decision, one))
        made.append(decision)
    return made


RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["course", "conference"]),
        st.integers(min_value=1, max_value=900),
        st.integers(min_value=0, max_value=364),
    ),
    max_size=14,
)


def as_facts(given: list[tuple[str, int, int]]) -> list[Facts]:
    return [
        facts(number, kind, minutes, date(2026, 1, 1) + timedelta(days=day))
        for number, (kind, minutes, day) in enumerate(given)
    ]


@given(RECORDS, st.randoms(use_true_random=False))
def test_no_order_changes_what_a_cycle_adds_up_to(
    given: list[tuple[str, int, int]], chance: object
) -> None:
    rules, records = policy(), as_facts(given)
    shuffled = list(records)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random
    one = cycle.totals(decided(rules, records))
    other = cycle.totals(decided(rules, shuffled))
    assert one.total == other.total


@given(RECORDS, st.sampled_from([1, 5, 12, 36]), st.sampled_from(["1/3", "10", "37"]))
def test_no_cap_is_exceeded_in_any_period(
    given: list[tuple[str, int, int]], months: int, whole: str
) -> None:
    rules, records = policy(whole=whole, months=months), as_facts(given)
    made = decided(rules, records)
    for cap in rules.caps:
        for one in records:
            span = cycle.cap_span(rules, cap, one.completed, registered_on=None)
            used = sum(
                (
                    decision.credited or Fraction(0)
                    for decision, each in zip(made, records, strict=True)
                    if span.holds(each.completed) and cap.category in {None, decision.category}
                ),
                start=Fraction(0),
            )
            assert used <= cap.max


def test_a_cap_sums_all_versions_of_its_policy_and_no_other_policy() -> None:
    rules = policy()
    book = Book(registered_on=None)
    one = facts(1, "course", 240, date(2026, 5, 1))
    made = evaluate(rules, one, book.ledger(rules, one), today=TODAY)
    book.add(Entry.of(made, one))
    later = facts(2, "course", 60, date(2026, 6, 1))
    assert book.ledger(rules, later).used["formal-year"] == 4
    other = read_policy(
        POLICY.format(
            registry="x", policy_id="other", version="1", first="null", last="null",
            credit="1", cap="10", whole="99",
        )
    )  # fmt: skip
    assert book.ledger(other, later).used == {"formal-year": 0, "all-cycle": 0}


def test_a_sum_is_kept_up_when_it_was_asked_for_before() -> None:
    rules = policy()
    book = Book(registered_on=None)
    for number in range(3):
        one = facts(number, "course", 60, date(2026, 5, 1))
        assert book.ledger(rules, one).used["formal-year"] == number
        book.add(Entry.of(evaluate(rules, one, book.ledger(rules, one), today=TODAY), one))


def test_what_was_rejected_keeps_no_place_and_what_is_in_review_does() -> None:
    rules = policy()
    book = Book(registered_on=None)
    later = facts(1, "course", 60, TODAY + timedelta(days=1))
    book.add(Entry.of(evaluate(rules, later, book.ledger(rules, later), today=TODAY), later))
    assert not book.has_activity("a-1")
    waiting = facts(2, "mentoring", 60, TODAY)
    book.add(Entry.of(evaluate(rules, waiting, book.ledger(rules, waiting), today=TODAY), waiting))
    assert book.has_activity("a-2")
    assert book.ledger(rules, waiting).record_ids == {"r-2"}
