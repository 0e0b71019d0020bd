"""How others fare in the same time, without anybody's name.

Told only where at least ten others have something that counted; their number is rounded down to
tens and the average to whole units, so that one more person or one less is not to be reckoned
back. Reckoned once a day for each registry and cycle, since it goes through all of it.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from sqlalchemy.orm import Session

from app.recognition.ledger import service as ledger
from app.recognition.planning.outlook import Outlook

FEWEST = 10
"""Figures over fewer people are not told."""
_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Peers:
    """What others have on average."""

    average: int
    at_least: int
    """How many they are, rounded down to tens."""


Key = tuple[str, date | None, date | None, date]


@dataclass
class PeerFigures:
    """Remembers the day's sums; one for each process, safe from several threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: OrderedDict[Key, dict[str, Fraction]] = field(default_factory=OrderedDict)

    def of(self, session: Session, look: Outlook) -> Peers | None:
        """How the others fare; ``None`` where they are too few, or nothing is counted."""
        cycle, span = look.view.policy.cycle, look.view.span
        if cycle is None or look.view.policy.unit is None:
            return None
        registry_id = look.registrant.registry_id
        key = (registry_id, span.first, span.last, look.today)
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = dict(ledger.credited(session, registry_id, first=span.first, last=span.last))
            self._keep(key, known)
        return average(known, but=look.registrant.id)

    def _keep(self, key: Key, sums: dict[str, Fraction]) -> None:
        with self._lock:
            self._known[key] = sums
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


def average(sums: dict[str, Fraction], *, but: str) -> Peers | None:
    """The average of all but one; ``None`` where they are too few."""
    others = [amount for registrant_id, amount in sums.items() if registrant_id != but]
    if len(others) < FEWEST:
        return None
    mean = sum(others, Fraction(0)) / len(others)
    return Peers(round(mean), len(others) // 10 * 10)
