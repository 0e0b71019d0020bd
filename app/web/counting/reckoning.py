"""What hits of a search would count for: the two that do not know each other, put together.

Search asks (``search.counting.Reckoner``), recognition reckons; this hands one to the other and
puts results in the wire's form.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from app.platform.db import Database
from app.recognition.offering import bodies, service
from app.recognition.offering.model import Counting, Reckoned, worth
from app.search.counting import COUNTS_FOR, CountsFor
from app.web.counting.words import RuleWords
from app.web.rendering import Site


def words_of(site: Site) -> RuleWords:
    """Says rules in the language of the site's pages."""
    return RuleWords(site.locale, site.translations)


class Reckoning:
    """Satisfies ``search.counting.Reckoner`` from a node's database."""

    def __init__(
        self, database: Database, words: RuleWords, *, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._words = words
        self._now = now

    def of(
        self, course_ids: Sequence[str], registries: Sequence[str]
    ) -> Mapping[str, tuple[CountsFor, ...]]:
        """By course, one answer for each registry in that order; unknown courses are absent."""
        with self._database.read() as session:
            return self._of(session, course_ids, registries)

    def _of(
        self, session: Session, course_ids: Sequence[str], registries: Sequence[str]
    ) -> dict[str, tuple[CountsFor, ...]]:
        asked = bodies.find(session, registries, pointer=COUNTS_FOR)
        found = service.many_count_for(session, course_ids, asked, on=self._now().date())
        return {
            course_id: tuple(self._shown(one) for one in counted)
            for course_id, counted in found.items()
        }

    def _shown(self, one: Counting) -> CountsFor:
        shown: dict[str, Any] = {"counting": one, **as_plain(one.first, self._words)}
        return CountsFor(
            registry=one.body.id,
            authority=str(one.body.grade),
            outcome=one.outcome,
            worth=worth(one.outcome, one.amount),
            shown={**shown, "depends": one.depends},
        )


def as_plain(one: Reckoned | None, words: RuleWords) -> dict[str, Any]:
    """What was reckoned, as plain values for the wire; nothing where there are no rules."""
    if one is None:
        return {}
    decision, rule, amount = one.decision, one.rule, one.decision.credited
    return {
        "amount": None if amount is None else str(amount),
        "decimal": None if amount is None else decimal_of(amount),
        "unit": one.policy.unit,
        "category": decision.category,
        "rule": decision.rule,
        "line": words.line(rule, one.policy) if rule else None,
        "reasons": [reason for reason in decision.reasons if reason != "OK"],
        "policy": decision.policy_id,
        "version": decision.policy_version,
        "hash": decision.policy_hash,
    }


def decimal_of(amount: Fraction) -> str:
    """An amount to four places, cut and not rounded up: nobody is told more than there is."""
    ten_thousandths = amount * 10_000 // 1
    return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04d}"
