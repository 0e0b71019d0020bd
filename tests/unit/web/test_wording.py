from gettext import NullTranslations

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue import Access, CourseRun, Delivery, Kind, Offer, Price
from app.search import FACETS, Sort
from app.verification import Result
from app.web import labels
from app.web.wording import Text, Wording, accepted_languages, lang, marked, rich, texts

WORDS = Wording(Locale("en"), NullTranslations())


class Marks:
    def __init__(self, text: str, *ranges: tuple[int, int]) -> None:
        self.text, self.ranges = text, ranges


def test_matches_are_marked_and_every_piece_is_escaped() -> None:
    assert marked(Marks("a <b> c", (2, 5))) == "a <mark>&lt;b&gt;</mark> c"


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40))))
def test_any_ranges_leave_the_text_whole(text: str, ranges: list[tuple[int, int]]) -> None:
    said = marked(Marks(text, *ranges)).replace("<mark>", "").replace("</mark>", "")
    assert said == marked(Marks(text))


def test_a_description_keeps_its_lists_and_loses_what_may_harm() -> None:
    said = rich('<ul><li>x</li></ul><script>1</script><a href="javascript:1" onclick="2">y</a>')
    assert said == '<ul><li>x</li></ul><a rel="noopener nofollow">y</a>'
    assert rich("plain & simple") == "<p>plain &amp; simple</p>"


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        (None, ()),
        ("zh-CN,zh;q=0.9,en;q=0.8", ("zh-CN", "zh", "en")),
        ("en;q=0.1, ur", ("ur", "en")),
        ("*, fr;q=0, de;q=x, <b>", ()),
    ],
)
def test_accept_language_is_read_by_weight(header: str | None, tags: tuple[str, ...]) -> None:
    assert accepted_languages(header) == tags


def test_texts_come_in_the_readers_order() -> None:
    values = {"und": "?", "fr": "f", "zh": "z", "en": "e", "ar": ""}
    assert texts(values, ["zh-Hans"]) == [
        Text("z", "zh"), Text("e", "en"), Text("?", ""), Text("f", "fr"),
    ]  # fmt: skip


def test_a_language_tag_cannot_leave_its_attribute() -> None:
    assert lang('x" onclick="') == ' dir="auto" lang="x&#34; onclick=&#34;"'
    assert lang("und") == ' dir="auto"'


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("PT12H", "12 hours"), ("PT1H30M", "1 hour, 30 minutes"), ("P6W", "6 weeks"),
        ("P1Y", "1 year"), ("PT0H", "PT0H"), ("soon", "soon"), (None, ""),
    ],
)  # fmt: skip
def test_durations_are_words(value: str | None, words: str) -> None:
    assert WORDS.duration(value) == words


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        (Offer("0", "KES", "free"), "Free"), (Offer("0.00", "EUR"), "Free"),
        (Offer("1234.5", "EUR"), "EUR 1,234.50"), (Offer("500", "JPY"), "JPY 500"),
        (Offer("12"), "12"), (Offer(category="subscription"), "By subscription"), (Offer(), ""),
    ],
)  # fmt: skip
def test_prices_name_their_currency(offer: Offer, words: str) -> None:
    assert WORDS.price(offer) == words


def test_credits_always_carry_their_unit() -> None:
    assert WORDS.credit("1", "contact-hour") == "1 contact hour"
    assert WORDS.credit("2.5", "contact-hour") == "2.5 contact hours"
    assert WORDS.credit("16", "hour") == "16 CPD hours"
    assert WORDS.credit("1.2", "CEU") == "1.2 CEU"


def test_languages_countries_and_fields_are_named() -> None:
    assert WORDS.language("zh-Hant") == "Chinese (Traditional)"
    assert WORDS.language("xx-what-ever") == "xx-what-ever"
    assert WORDS.label("PK", "country") == "Pakistan"
    assert WORDS.label("0732", "field") == "Building and civil engineering"
    assert WORDS.label("9999", "field") == "9999"
    assert WORDS.part("title.zh") == "Title (Chinese)"
    assert WORDS.part("credits.1") == "Credits (1)"


_anything = st.none() | st.text(max_size=30) | st.sampled_from(
    ["2026-01-02", "2026-01-02T03:04:05+08:00", "2026-01-02T03:04:05", "9999-12-31", "NaN", "1e9",
     "PT" + "9" * 400 + "H", "P" + "1" * 30 + "D", "٣", "en" + "-a" * 50, "-0.001"]
)  # fmt: skip


@given(_anything, _anything)
def test_nothing_that_a_feed_says_breaks_a_page(start: str | None, end: str | None) -> None:
    assert isinstance(WORDS.days(CourseRun(start=start, end=end)), str)
    assert isinstance(WORDS.day(start), str)
    assert isinstance(WORDS.duration(end), str)
    assert isinstance(WORDS.language(start or ""), str)
    assert isinstance(WORDS.credit(start or "", "hour"), str)
    assert isinstance(WORDS.price(Offer(start, end, None)), str)
    assert isinstance(WORDS.result(Result("ext:ContactMinutes", "", start, end)), tuple)


def test_every_code_that_a_page_shows_has_a_name() -> None:
    assert set(labels.DELIVERY) == set(Delivery)
    assert set(labels.KIND) == set(Kind)
    assert set(labels.PRICE) == set(Price)
    assert set(labels.ACCESS) == set(Access)
    assert set(labels.FACETS) == set(FACETS)
    assert set(labels.SORTS) == set(Sort)
