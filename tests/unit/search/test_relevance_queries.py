"""The query set of the relevance bench, its rules and its figures; needs no feeds."""

from collections import Counter

import pytest

from tests.bench.relevance.judging import CLASSES, LANGUAGES, Asked, asked, figures, read
from tests.simulator.search import DOCUMENTS


def test_the_set_is_large_and_covers_every_language_and_class() -> None:
    queries = asked()
    assert len(queries) >= 150
    languages = Counter(query.language for query in queries)
    assert set(languages) == set(LANGUAGES)
    assert min(languages.values()) >= 25
    assert {query.kind for query in queries} == set(CLASSES)
    for language in LANGUAGES:
        assert len({query.kind for query in queries if query.language == language}) == len(CLASSES)


def test_every_query_stands_once_and_says_what_is_wanted_and_what_answers() -> None:
    queries = asked()
    said = Counter((query.language, query.text) for query in queries)
    assert max(said.values()) == 1
    assert all(query.need and query.two for query in queries)


def _asked(*two: str, **more: tuple[str, ...]) -> Asked:
    return Asked("q", "en", "exact", "something", two, **more)


@pytest.mark.parametrize(
    ("pattern", "title", "answers"),
    [
        ("data structure*", "Advanced Data-Structures", False),
        ("data structure*", "Advanced Data Structures", True),
        ("data structure*", "Metadata structures", False),
        ("cad", "电路CAD设计", True),
        ("cad", "Cadastre", False),
        ("数据结构", "数据结构（荣誉）", True),
        ("php & oop", "PHP OOP Tutorials", True),
        ("php & oop", "PHP Tutorials", False),
        ("programmation & c++", "La programmation en C++ moderne", True),
        ("reseau", "Administration Réseau", True),
        ("انظمه التشغيل", "Operating Systems - أنظمة التشغيل", True),
    ],
)
def test_a_pattern_is_found_as_a_person_would_find_it(
    pattern: str, title: str, answers: bool
) -> None:
    found = {"title": {"und": title}, "subjects": [], "skills": []}
    found |= {name: {} for name in ("summary", "description", "outcomes", "prerequisites")}
    assert _asked(pattern).grade(*read(found)) == 2 * answers


def test_a_title_is_worth_more_than_a_text_and_what_is_struck_nothing() -> None:
    (bridge,) = (one for one in DOCUMENTS if one["id"] == "en-bridge-design")
    texts = read(bridge)
    assert _asked("bridges").grade(*texts) == 2
    assert _asked("tunnel", one=("concrete",)).grade(*texts) == 1
    assert _asked("tunnel", elsewhere=("girders",)).grade(*texts) == 1
    assert _asked("tunnel").grade(*texts) == 0
    assert _asked("bridges", never=("concrete",)).grade(*texts) == 0


def test_figures_of_known_answers() -> None:
    grades = {"a": 2, "b": 1, "c": 1}
    assert figures(["a", "b", "c"], grades).ndcg == pytest.approx(1)
    assert figures([], grades) == figures(["x"], grades)
    assert figures(["x"], grades).ndcg == 0
    one = figures(["x", "a"], grades)
    assert one.ndcg == pytest.approx((3 / 1.5849625) / (3 + 1 / 1.5849625 + 1 / 2))
    assert one.recall == pytest.approx(1 / 3)
    assert one.success == 0
    many = {str(n): 1 for n in range(40)}
    assert figures([str(n) for n in range(10)], many).recall == 1
