"""How well searches answer: ours on both engines against Meilisearch as it comes.

    python -m tests.bench.relevance [--losses] [--pool] [--feeds PATH] [--kept PATH]

193 queries of ours in six languages, each with its need and a rule that says what answers it, over
the shared real catalogues. Prints nDCG@10, recall@10 and success@1 by language, by class, and by
language without the queries across languages, which no engine answers as it comes. Fails unless
both of ours have the higher nDCG@10 in every language. ``--losses`` names every query
that the default answers better, ``--pool`` shows the first tens as they were judged. ``--kept`` is
where the harvested documents are kept; they are other people's texts and stay out of here.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from tests.bench.harvest.feeds import FEEDS
from tests.bench.relevance.catalogue import KEPT, Judged, NoFeeds, courses
from tests.bench.relevance.judging import (
    CLASSES,
    DEPTH,
    LANGUAGES,
    Asked,
    Figures,
    asked,
    figures,
    read,
)
from tests.bench.relevance.systems import DEFAULT, EMBEDDED, ON_SERVER, System, systems

SYSTEMS = (DEFAULT, ON_SERVER, EMBEDDED)
SAME = 0.005
"""Figures nearer than this are called equal."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One query's grades, and what each system found for it."""

    query: Asked
    grades: Mapping[str, int]
    found: Mapping[str, Sequence[str]]
    scores: Mapping[str, Figures]


def judged(queries: Sequence[Asked], found: Sequence[Judged]) -> list[dict[str, int]]:
    """For each query the grade of every course that has one. Raises ``ValueError`` if none has."""
    texts = [(one.document["id"], *read(one.document)) for one in found]
    grades = [
        {key: grade for key, title, rest in texts if (grade := query.grade(title, rest))}
        for query in queries
    ]
    empty = [query.text for query, known in zip(queries, grades, strict=True) if not known]
    if empty:
        raise ValueError(f"No course of this catalogue answers: {', '.join(empty)}")
    return grades


def answers(
    queries: Sequence[Asked], grades: Sequence[Mapping[str, int]], by: Mapping[str, System]
) -> list[Answered]:
    """What every system finds for every query."""
    given = []
    for query, known in zip(queries, grades, strict=True):
        found = {name: one.ids(query.text, query.language) for name, one in by.items()}
        scores = {name: figures(ids, known) for name, ids in found.items()}
        given.append(Answered(query, known, found, scores))
    return given


def table(
    given: Sequence[Answered], title: str, groups: Sequence[str], of: Callable[[Asked], str]
) -> list[str]:
    """Lines of the figures of each group, and of all."""
    lines = [f"{title:15} {'':>3} " + " ".join(f"{name:>24}" for name in SYSTEMS)]
    for group in (*groups, "all"):
        chosen = [one for one in given if group in ("all", of(one.query))]
        lines.append(
            f"{group:15} {len(chosen):3} "
            + " ".join(f"{_means(chosen, name):>24}" for name in SYSTEMS)
        )
    return lines


def _means(given: Iterable[Answered], name: str) -> str:
    scores = [one.scores[name] for one in given]
    ndcg, recall = mean(one.ndcg for one in scores), mean(one.recall for one in scores)
    return f"{ndcg:.3f}  {recall:.3f}  {mean(one.success for one in scores):.3f}"


def behind(given: Sequence[Answered]) -> list[str]:
    """The languages in which one of ours is not above the default."""
    found = []
    for language in LANGUAGES:
        chosen = [one for one in given if one.query.language == language]
        default = mean(one.scores[DEFAULT].ndcg for one in chosen)
        found += [
            f"{name} in {language}"
            for name in (ON_SERVER, EMBEDDED)
            if mean(one.scores[name].ndcg for one in chosen) <= default
        ]
    return found


def losses(given: Sequence[Answered]) -> list[str]:
    """The queries that the default answers better than one of ours does."""
    lines = []
    for one in given:
        default = one.scores[DEFAULT].ndcg
        ours = [one.scores[name].ndcg for name in (ON_SERVER, EMBEDDED)]
        if min(ours) < default - SAME:
            told = f"{default:.3f} {ours[0]:.3f} {ours[1]:.3f}"
            lines.append(f"{one.query.language} {one.query.kind:14} {told}  {one.query.text}")
    return lines


def pooled(given: Sequence[Answered], found: Sequence[Judged]) -> list[str]:
    """What all systems put among their first ten, with its grade, for a person to read."""
    titles = {one.document["id"]: " / ".join(one.document["title"].values()) for one in found}
    lines = []
    for one in given:
        lines.append(
            f"\n{one.query.language} {one.query.kind}: {one.query.text} ({one.query.need})"
        )
        pool = dict.fromkeys(key for ids in one.found.values() for key in ids[:DEPTH])
        for key in pool:
            places = [str(ids.index(key) + 1) if key in ids else "-" for ids in one.found.values()]
            lines.append(f"  {one.grades.get(key, 0)} {' '.join(places):9} {titles[key][:90]}")
    return lines


def main(feeds: Path, kept: Path, *, show_losses: bool, show_pool: bool) -> int:
    try:
        found = courses(feeds, kept)
    except NoFeeds as error:
        print(error, file=sys.stderr)
        return 2
    queries = asked()
    grades = judged(queries, found)
    with systems([one.document for one in found]) as by:
        given = answers(queries, grades, by)
    if show_pool:
        print("\n".join(pooled(given, found)))
    print(f"{len(queries)} queries over {len(found)} courses: nDCG@10  recall@10  success@1")
    print("\n".join(table(given, "language", LANGUAGES, lambda query: query.language)))
    print("\n".join(table(given, "class", CLASSES, lambda query: query.kind)))
    own = [one for one in given if one.query.kind != "cross-language"]
    print("\n".join(table(own, "own language", LANGUAGES, lambda query: query.language)))
    lost = losses(given)
    print(f"Queries that {DEFAULT} answers better than one of ours: {len(lost)}")
    if show_losses:
        print("nDCG@10 of " + ", ".join(SYSTEMS))
        print("\n".join(lost))
    if worse := behind(given):
        print(f"Not above the default: {'; '.join(worse)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--losses", action="store_true", help="name what the default wins")
    parser.add_argument("--pool", action="store_true", help="show the first tens, with grades")
    parser.add_argument("--feeds", type=Path, default=FEEDS, help="the recorded feeds")
    parser.add_argument("--kept", type=Path, default=KEPT, help="where documents are kept")
    given = parser.parse_args()
    sys.exit(main(given.feeds, given.kept, show_losses=given.losses, show_pool=given.pool))
