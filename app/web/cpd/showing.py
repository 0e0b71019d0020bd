"""A cycle as lines for people: what there is of what is needed, and what is used of each cap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from app.recognition.deciding.cycle import needed
from app.recognition.deciding.model import Totals
from app.recognition.ledger.model import CapUse
from app.recognition.planning.model import CATEGORIES, TOTAL
from app.recognition.planning.outlook import Outlook
from app.recognition.policies.model import Cycle, Minimum, Regime
from app.web.cpd.saying import Saying

_ZERO = Fraction(0)
_SCALE = 10**6 - 1
"""A progress element takes decimals; what it draws need not be exact."""


@dataclass(frozen=True, slots=True)
class Line:
    """A requirement, or a cap: how much there is of how much."""

    name: str
    have: Fraction
    whole: Fraction
    said: str
    """Both in words, with the unit."""
    met: bool

    @property
    def drawn(self) -> str:
        """How far it is, between 0 and 1, for a progress element."""
        if self.whole <= 0:
            return "1"
        share = min(Fraction(1), max(_ZERO, self.have / self.whole))
        return f"0.{round(share * _SCALE):06d}" if share < 1 else "1"


@dataclass(frozen=True, slots=True)
class Card:
    """How somebody stands with one registry, to be shown."""

    look: Outlook
    registry: str
    total: Line | None
    """``None`` where the rules ask for no total."""
    requirements: tuple[Line, ...]
    caps: tuple[tuple[CapUse, Line], ...]
    short: tuple[str, ...]
    """What is missing, each a sentence."""
    counts_no_hours: bool

    @property
    def compliant(self) -> bool:
        """Whether everything is met."""
        return self.look.view.compliance is None or self.look.view.compliance.compliant

    @property
    def last_day(self) -> date | None:
        """The cycle's last day; ``None`` where it has none."""
        return None if self.look.rolls else self.look.view.span.last


def card(look: Outlook, registry: str, say: Saying) -> Card:
    """An outlook, to be shown."""
    policy, totals = look.view.policy, look.totals
    cycle, compliance = policy.cycle, look.view.compliance
    return Card(
        look=look,
        registry=registry,
        total=_line("total", totals.total, cycle.total, look, say) if cycle else None,
        requirements=tuple(_requirements(cycle, look, say)) if cycle else (),
        caps=tuple((one, _cap(one, look, say)) for one in look.view.caps),
        short=tuple(
            say.shortfall(one, policy.unit) for one in (compliance.shortfalls if compliance else ())
        ),
        counts_no_hours=policy.regime is Regime.EVIDENCE_ONLY,
    )


def _line(code: str, have: Fraction, whole: Fraction, look: Outlook, say: Saying) -> Line:
    return Line(say.name("requirement", code), have, whole, _of(have, whole, look, say),
                have >= whole)  # fmt: skip


def _requirements(cycle: Cycle, look: Outlook, say: Saying) -> Sequence[Line]:
    found = []
    for one in cycle.minimums:
        have, whole = reached(one, look.totals), needed(cycle, one, look.totals)
        named = minimum_name(one, say)
        found.append(Line(named, have, whole, _of(have, whole, look, say), have >= whole))
    if cycle.min_categories:
        there, wanted = Fraction(_groups(cycle, look.totals)), Fraction(cycle.min_categories)
        said = f"{say.amount(there)} / {say.amount(wanted)}"
        name = say.name("requirement", CATEGORIES)
        found.append(Line(name, there, wanted, said, there >= wanted))
    return found


def reached(minimum: Minimum, totals: Totals) -> Fraction:
    """How much counts towards a minimum."""
    amounts = [
        held.get(name, _ZERO)
        for held, name in ((totals.by_category, minimum.category), (totals.by_tag, minimum.tag))
        if name is not None
    ]
    return min(amounts, default=totals.total)


def minimum_name(minimum: Minimum, say: Saying) -> str:
    """What people call a minimum: its tag or its category, else its id."""
    parts = [say.name("tag", minimum.tag), say.name("category", minimum.category)]
    return ", ".join(filter(None, parts)) or minimum.id


def served_name(served: str, cycle: Cycle | None, say: Saying) -> str:
    """What people call a requirement that a step of a path serves."""
    if served in {TOTAL, CATEGORIES}:
        return say.name("requirement", served)
    minimums = {one.id: one for one in (cycle.minimums if cycle else ())}
    return minimum_name(minimums[served], say) if served in minimums else served


def _groups(cycle: Cycle, totals: Totals) -> int:
    groups = cycle.category_groups or {name: (name,) for name in totals.by_category}
    return sum(
        any(totals.by_category.get(name, _ZERO) > 0 for name in (group, *members))
        for group, members in groups.items()
    )


def _cap(one: CapUse, look: Outlook, say: Saying) -> Line:
    name = say.name("category", one.category) or say.name("requirement", TOTAL)
    return Line(name, one.used, one.max, _of(one.used, one.max, look, say), one.used < one.max)


def _of(have: Fraction, whole: Fraction, look: Outlook, say: Saying) -> str:
    unit = look.view.policy.unit
    return " ".join(filter(None, (f"{say.amount(have)} / {say.amount(whole)}", unit)))
