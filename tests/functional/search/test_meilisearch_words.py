"""What the server makes of our terms: nothing, in any script, and no near code is "corrected"."""

from collections.abc import Iterator, Sequence

import pytest

from app.search import Document, SearchIndex
from tests.conftest import skip_or_fail
from tests.simulator.search import DOCUMENTS, ask, on_server, query

pytestmark = pytest.mark.stack


def _titled(key: str, language: str, title: str, **more: object) -> Document:
    bare = {"summary": {}, "description": {}, "outcomes": {}, "prerequisites": {}}
    lists = {"subjects": [], "skills": [], "standard": [], "runs": []}
    return {
        **DOCUMENTS[0],
        **bare,
        **lists,
        "id": key,
        "title": {language: title},
        "provider": None,
        "metadata_language": language,
        **more,
    }


WHOLE = [
    _titled("ar-definite", "und", "الستائر"),
    _titled("ar-other", "und", "السدود"),
    _titled("ar-and", "und", "والطرق"),
    _titled("ur", "ur", "تتلیوں کی انجینیرنگ"),
    _titled("ru", "ru", "водоснабжение"),
    _titled("camel", "en", "OpenStreetMap tools"),
    _titled("digits", "en", "BIM360 and H2SO4 and C30 mixes"),
    _titled("zh", "zh", "蝴蝶标本制作"),
    _titled("de", "de", "Donaudampfschifffahrt"),
]


@pytest.fixture(scope="module")
def words(meilisearch_server: tuple[str, str] | None) -> Iterator[SearchIndex]:
    yield from _filled(meilisearch_server, WHOLE)


def _filled(server: tuple[str, str] | None, documents: Sequence[Document]) -> Iterator[SearchIndex]:
    if server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    with on_server(server) as index:
        index.rebuild(documents)
        yield index


def test_words_are_not_taken_apart_in_any_script(words: SearchIndex) -> None:
    for whole, found in {
        "الستائر": "ar-definite",
        "والطرق": "ar-and",
        "انجینیرنگ": "ur",
        "водоснабжение": "ru",
        "openstreetmap": "camel",
        "BIM360": "digits",
        "标本": "zh",
        "donaudampfschifffahrt": "de",
    }.items():
        assert ask(words, whole) == [found]
    for part in ("street", "map", "dampf", "schifffahrt", "снабжение", "36"):
        assert ask(words, f"{part} ") == []
    for part in ("bim", "360"):  # our analyser's own doing: others write BIM 360
        assert ask(words, f"{part} ") == ["digits"]


def test_the_arabic_article_alone_finds_no_words_that_begin_with_it(words: SearchIndex) -> None:
    assert ask(words, "ال ") == []


CODES = [
    _titled("gb-10", "en", "Concrete structures", standard=["GB 50010"]),
    _titled("gb-11", "en", "Seismic structures", standard=["GB 50011"]),
    _titled("iso-9001", "en", "Quality", standard=["ISO 9001:2015"]),
    _titled("iso-9002", "en", "Quality, the other", standard=["ISO 9002:2015"]),
    _titled("en-1", "en", "Loads", standard=["EN 1991-1-4"]),
    _titled("en-2", "en", "Loads of fire", standard=["EN 1991-1-2"]),
    _titled("astm", "en", "Steel", standard=["ASTM A992"]),
    _titled("astm-near", "en", "Steel tubes", standard=["ASTM A993"]),
    _titled("course-code", "en", "Course CIV30145 on hydraulics"),
    _titled("course-near", "en", "Course CIV30146 on hydraulics"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GB 50010", "gb-10"),
        ("gb50011", "gb-11"),
        ("ISO 9001", "iso-9001"),
        ("ISO 9002", "iso-9002"),
        ("EN 1991-1-4", "en-1"),
        ("EN 1991-1-2", "en-2"),
        ("ASTM A992", "astm"),
        ("CIV30145", "course-code"),
        ("CIV30146", "course-near"),
    ],
)
def test_a_code_finds_itself_and_never_the_next_one(
    coded: SearchIndex, text: str, found: str
) -> None:
    assert ask(coded, text) == [found]


@pytest.mark.parametrize("text", ["GB 50012", "ISO 9003", "EN 1991-1-3", "ASTM A994", "CIV30147"])
def test_a_code_that_nobody_has_finds_nothing(coded: SearchIndex, text: str) -> None:
    assert coded.search(query(text)).total == 0


@pytest.fixture(scope="module")
def coded(meilisearch_server: tuple[str, str] | None) -> Iterator[SearchIndex]:
    yield from _filled(meilisearch_server, CODES)


def test_words_beside_a_code_may_be_misspelt(coded: SearchIndex) -> None:
    assert ask(coded, "hydraulixs CIV30145") == ["course-code"]


def test_runs_of_characters_are_not_corrected(words: SearchIndex) -> None:
    assert ask(words, "标木") == []
