"""What is different between two versions of a policy, in words: ``Cap imported-year: 20 -> 25``.

Every part of a version is described in words of its own (``describing``); the two descriptions are
compared part by part, so that whatever decides is spoken of. Remarks are not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.recognition.policies.describing import Part, Words, parts
from app.recognition.policies.model import Policy


class What(StrEnum):
    """What happened to a part."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference."""

    what: What
    path: str
    """Such as ``caps.imported-year``: the part by its id, wherever it stands."""
    name: str
    """Such as ``Cap imported-year``, or ``Cap imported-year, period``."""
    old: str | None
    new: str | None

    def __str__(self) -> str:
        if self.what is What.ADDED:
            return f"{self.name} added: {self.new}"
        if self.what is What.REMOVED:
            return f"{self.name} removed: {self.old}"
        if self.what is What.MOVED:
            return f"{self.name} moved: {self.new}"
        return f"{self.name}: {self.old} -> {self.new}"


def changes(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Everything that differs in what the two versions ask, in the order of a document."""
    before = {part.path: part for part in parts(old)}
    after = {part.path: part for part in parts(new)}
    found: list[Change] = []
    for path in [*before, *(path for path in after if path not in before)]:
        found += _part(before.get(path), after.get(path))
    return (*found, *_moved(old, new))


def _part(old: Part | None, new: Part | None) -> Iterator[Change]:
    if old is None and new is not None:
        yield Change(What.ADDED, new.path, new.name, None, new.whole)
    elif new is None and old is not None:
        yield Change(What.REMOVED, old.path, old.name, old.whole, None)
    elif old is not None and new is not None:
        for name in dict.fromkeys((*old.members, *new.members)):
            yield from _member(old, name, old.members, new.members)


def _member(
    part: Part, name: str, old: Mapping[str, Words], new: Mapping[str, Words]
) -> Iterator[Change]:
    before, after = old.get(name), new.get(name)
    if before == after:
        return
    path = f"{part.path}.{name}" if name else part.path
    label = f"{part.name}, {name}" if name and part.name else part.name or name
    if isinstance(before, tuple) or isinstance(after, tuple):
        yield from _listed(path, label, before, after)
        return
    yield Change(What.CHANGED, path, label, before or "nothing", _short(before, after))


def _listed(path: str, label: str, before: Words | None, after: Words | None) -> Iterator[Change]:
    """Lists: what came and what went. In another order they ask the same."""
    was = before if isinstance(before, tuple) else ()
    now = after if isinstance(after, tuple) else ()
    added = [one for one in now if one not in was]
    removed = [one for one in was if one not in now]
    if added:
        yield Change(What.ADDED, path, label, None, ", ".join(added))
    if removed:
        yield Change(What.REMOVED, path, label, ", ".join(removed), None)
    if (before is None) != (after is None) and not added and not removed:
        said = ("nothing is asked", "an empty list")
        yield Change(What.CHANGED, path, label, *(said if before is None else said[::-1]))


def _short(before: Words | None, after: Words | None) -> str:
    """The new words, without what they share: ``for 50 minutes``, where the credit is the same."""
    if not isinstance(after, str):
        return "nothing"
    if isinstance(before, str):
        was, _, _ = before.partition(" for ")
        now, sign, rest = after.partition(" for ")
        if sign and was == now:
            return f"for {rest}"
    return after


def _moved(old: Policy, new: Policy) -> Iterator[Change]:
    """Lines of the table and caps whose place among the others changed; order decides there."""
    for section, name, before, after in (
        ("map", "Rule", [one.id for one in old.rules], [one.id for one in new.rules]),
        ("caps", "Cap", [one.id for one in old.caps], [one.id for one in new.caps]),
    ):
        common = [one for one in after if one in before]
        stayed = _longest_kept([before.index(one) for one in common])
        for place, one in enumerate(common):
            if place not in stayed:
                where = f"now after {common[place - 1]}" if place else "now first"
                yield Change(What.MOVED, f"{section}.{one}", f"{name} {one}", None, where)


def _longest_kept(places: Sequence[int]) -> frozenset[int]:
    """Which of these stayed in their order, as many as can be said to have."""
    best: list[tuple[int, ...]] = []
    for index, place in enumerate(places):
        longest: tuple[int, ...] = ()
        for run in best:
            if places[run[-1]] < place and len(run) > len(longest):
                longest = run
        best.append((*longest, index))
    kept: tuple[int, ...] = ()
    for run in best:
        kept = run if len(run) > len(kept) else kept
    return frozenset(kept)
