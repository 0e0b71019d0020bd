"""Which courses answer a query, by the rule that stands beside it, and how well an answer does.

A rule is words that a person can look for in a course (``queries.toml`` says how): every course of
the catalogue is judged by it, not only what some system has found, so that no system gains by what
another one missed. One person wrote the rules from the needs, and then checked them by reading the
first tens of all three systems (``--pool``): those of the classes stem, abbreviation and
cross-language in good part, of the other classes those of queries that the default answered better.
Nobody else has judged them, and no native speaker has read all of them.
"""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.search import Document
from app.search.analyse import fold

QUERIES = Path(__file__).with_name("queries.toml")
CLASSES = ("exact", "stem", "typo", "prefix", "code", "abbreviation", "cross-language")
LANGUAGES = ("en", "zh", "ru", "ar", "es", "fr")
DEPTH = 10
_TEXTS = ("summary", "description", "outcomes", "prerequisites")
_HAN = "\u3400-\u9fff"


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of the set, and what answers it."""

    text: str
    language: str
    kind: str
    need: str
    two: tuple[str, ...]
    one: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def grade(self, title: str, rest: str) -> int:
        """2 for an answer, 1 for one in part, 0 for none; both texts as ``read`` gives them."""
        if _any(self.never, title):
            return 0
        if _any(self.two, title):
            return 2
        return int(_any(self.one, title) or _any(self.elsewhere, rest))


@dataclass(frozen=True, slots=True)
class Figures:
    """How good the first ten of an answer are."""

    ndcg: float
    recall: float
    success: float


def asked(path: Path = QUERIES) -> list[Asked]:
    """The whole set."""
    return [
        Asked(
            one["q"], one["l"], one["c"], one["need"],
            tuple(one["two"]), tuple(one.get("one", ())),
            tuple(one.get("text", ())), tuple(one.get("not", ())),
        )
        for one in tomllib.loads(path.read_text("utf-8"))["query"]
    ]  # fmt: skip


def read(document: Document) -> tuple[str, str]:
    """A course's titles and its other texts, letters in one form, as a rule looks at them."""
    titles = document["title"].values()
    rest: list[str] = [text for name in _TEXTS for text in document[name].values()]
    rest += [*document["subjects"], *document["skills"]]
    return _plain(titles), _plain(rest)


def _plain(texts: Iterable[str]) -> str:
    return " ¶ ".join(fold(" ".join(text.split())) for text in texts)


def _any(patterns: Sequence[str], text: str) -> bool:
    return any(
        all(word in text and one.search(text) for word, one in _compiled(pattern))
        for pattern in patterns
    )


@cache
def _compiled(pattern: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each part of a pattern, behind its longest word, which is looked for first: it is quicker."""
    parts = pattern.split(" & ")
    longest = (max(fold(part).replace("*", "").split(), key=len) for part in parts)
    return tuple(
        (word, re.compile(_expression(part))) for word, part in zip(longest, parts, strict=True)
    )


def _expression(part: str) -> str:
    """Words side by side and whole; a word's end left open by ``*``, one word left out by it."""
    words = []
    for word in part.split():
        stem = re.escape(fold(word.removesuffix("*")))
        words.append(rf"{stem}\w*" if word.endswith("*") else stem)
    whole = r"\s+".join(words)
    if re.search(f"[{_HAN}]", part):
        return whole
    return rf"(?<![^\W{_HAN}]){whole}(?![^\W{_HAN}])"


def figures(found: Sequence[str], grades: Mapping[str, int]) -> Figures:
    """nDCG@10 with gains 3 and 1, recall@10 of at most ten, and whether the first hit answers."""
    gains = [2 ** grades.get(key, 0) - 1 for key in found[:DEPTH]]
    best = sorted((2**grade - 1 for grade in grades.values()), reverse=True)[:DEPTH]
    relevant = sum(grade > 0 for grade in grades.values())
    met = sum(gain > 0 for gain in gains)
    return Figures(
        ndcg=_discounted(gains) / _discounted(best),
        recall=met / min(DEPTH, relevant),
        success=float(bool(gains) and gains[0] > 0),
    )


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))
