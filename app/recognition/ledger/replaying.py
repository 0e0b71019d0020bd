"""Deciding a registrant's submissions anew, in their order. Reads nothing, keeps nothing.

Those that are to be decided anew get the policy that is in force for them, and the day it is today.
All others keep policy, facts and day, and get another decision only when the figures before them
have changed in a way that shows: their place in a cap, or that something like them counts already.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.recognition.deciding import cycle
from app.recognition.deciding.model import Decision, Facts, Ledger
from app.recognition.deciding.stored import decision_from_json
from app.recognition.ledger.figures import Book, Entry
from app.recognition.ledger.model import Verdict
from app.recognition.ledger.rules import Rules
from app.recognition.ledger.rulings import Case, decide, says_the_same
from app.recognition.ledger.store import Held
from app.recognition.policies.model import Policy

EMPTY = Ledger()


@dataclass(frozen=True, slots=True)
class Change:
    """A submission that gets another decision."""

    held: Held
    new: Decision
    today: date
    anew: bool
    """Whether it was to be decided anew, or follows from another that was."""
    elsewhere: bool = False
    """Whether another registrant holds the record."""

    @property
    def old(self) -> Decision:
        """What stood before. Read when it is asked for: a run over a million seldom asks."""
        return decision_from_json(self.held.body)


@dataclass(frozen=True, slots=True)
class Replay:
    """What is decided anew, and on what."""

    rules: Rules
    now: datetime
    anew: Callable[[Held], bool]
    registered_on: date | None
    elsewhere: AbstractSet[str] = frozenset()
    """Keys of records that another registrant holds."""
    always: bool = False
    """Keep a decision of those decided anew even when it says the same as before."""

    def changes(self, held: Sequence[Held]) -> Iterator[Change]:
        """What changes among all of one registrant's submissions, in their order."""
        book = Book(registered_on=self.registered_on)
        begun = False
        for one in held:
            anew = self.anew(one)
            begun = begun or anew
            if not begun:
                book.add(one.entry)
                continue
            found = self._decide(one, book, anew=anew)
            if found is None:
                book.add(one.entry)
                continue
            policy_today, new = found
            book.add(Entry.of(new, one.facts))
            if (anew and self.always) or not says_the_same(new, one.body):
                elsewhere = one.record_key in self.elsewhere
                yield Change(one, new, policy_today, anew, elsewhere)

    def _decide(self, one: Held, book: Book, *, anew: bool) -> tuple[date, Decision] | None:
        """The day and the decision; ``None`` where nothing can be said that was not said."""
        if anew:
            policy = self.rules.for_facts(one.facts)
            today = day_of(policy, self.now)
        else:
            policy = self.rules.version(one.body["policy_id"], one.body["policy_version"])
            today = one.today
            if policy is None:
                return None
        return today, rule(policy, one, book, today=today, elsewhere=self.elsewhere)


def rule(
    policy: Policy | None, one: Held, book: Book, *, today: date, elsewhere: AbstractSet[str]
) -> Decision:
    """Decide on one submission after those in the book."""
    case = Case(one.facts, one.self_declared, one.verdict)
    return ruled(policy, case, book, today=today, elsewhere=one.record_key in elsewhere)


def ruled(
    policy: Policy | None, case: Case, book: Book, *, today: date, elsewhere: bool
) -> Decision:
    """Decide on a case after those in the book."""
    if policy is None:
        return decide(None, case, EMPTY, today=today)
    ledger = book.ledger(policy, case.facts, held_elsewhere=elsewhere)
    return decide(policy, case, ledger, today=today)


def day_of(policy: Policy | None, now: datetime) -> date:
    """Which day it is where the registry is; in UTC where no policy says where that is."""
    return now.date() if policy is None else cycle.today(policy, now)


def with_facts(
    held: Iterable[Held],
    facts: Mapping[str, Facts],
    verdicts: Mapping[str, Verdict | None] | None = None,
) -> list[Held]:
    """The same submissions, with what has become known of some of them."""
    said = verdicts or {}
    return [
        replace(
            one,
            facts=facts.get(one.id, one.facts),
            verdict=said.get(one.id, one.verdict),
        )
        for one in held
    ]
