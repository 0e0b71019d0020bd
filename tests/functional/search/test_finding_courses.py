"""What every engine must find; runs on the engine of the chosen stack."""

import dataclasses

import pytest

from app.search import FACETS, SearchIndex, Sort
from app.search.highlight import READ
from app.search.searchable import kept
from tests.simulator.courses import COURSES
from tests.simulator.search import DOCUMENTS, ask, query

ALL = {course.id for course in COURSES}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # as written, in each language
        ("concrete bridges", {"en-bridge-design", "zh-bridge"}),
        ("drinking water", {"en-water"}),
        ("桥梁设计", {"zh-bridge"}),
        ("پلوں کا ڈیزائن", {"ur-bridge"}),
        ("تصميم الجسور", {"ar-bridge"}),
        ("питьевой воды", {"ru-water"}),
        ("ponts métalliques", {"fr-bridge"}),
        ("puentes de hormigón", {"es-bridge"}),
        # inflected
        ("bridge design", {"en-bridge-design", "zh-bridge"}),
        ("designs of a concrete bridge", {"en-bridge-design", "zh-bridge"}),
        ("treat water", {"en-water"}),
        ("inspecting bridges", {"en-bridge-inspection"}),
        ("железобетонный мост", {"ru-bridge"}),
        ("электрическая сеть", {"ru-power"}),
        ("pont métallique", {"fr-bridge"}),
        ("bâtiment énergétique", {"fr-energy"}),
        ("puente", {"es-bridge"}),
        ("estructura sísmica", {"es-quake"}),
        ("جسور خرسانية", {"ar-bridge"}),
        # other ways of writing the same letters
        ("diseno de puentes", {"es-bridge"}),
        ("METALLIQUES", {"fr-bridge"}),
        ("расчет", {"ru-bridge"}),
        ("надежность", {"ru-power"}),
        ("橋樑設計", {"zh-bridge"}),
        ("建筑资讯模型", {"zh-bim"}),
        ("معالجة مياه", {"ar-water"}),
        ("انظمه الطاقه", {"ar-solar"}),
        ("تصميـــم الجُسور", {"ar-bridge"}),
        ("پينے كے پاني", {"ur-water"}),
        ("ＢＩＭ", {"zh-bim"}),
        # typing errors
        ("brigde inspection", {"en-bridge-inspection"}),
        ("tunneling", {"en-tunnel"}),
        ("ocupational safety", {"en-safety"}),
        ("тоннели мостов", {"ru-bridge"}),
        # unfinished words
        ("tunn", {"en-tunnel"}),
        ("steel conn", {"en-steel"}),
        ("проектир", {"ru-bridge"}),
        # one character
        ("桥", {"zh-bridge"}),
        # names of standards
        ("ISO", {"en-quality", "en-safety"}),
        ("EN 1992-1-1", {"en-bridge-design"}),
        ("en 1992", {"en-bridge-design"}),
        ("GB 50010", {"zh-bridge"}),
        ("gb50010", {"zh-bridge"}),
        ("50010", {"zh-bridge"}),
        ("ISO 9001", {"en-quality"}),
        ("ISO9001:2015", {"en-quality"}),
    ],
)
def test_a_course_is_found_in_its_language(index: SearchIndex, text: str, wanted: set[str]) -> None:
    assert wanted <= set(ask(index, text)[: max(3, len(wanted))])


@pytest.mark.parametrize(
    "text", ["GB 50012", "EN 1992-1-2", "ISO 9002", "EN 1994-1-1", "concrete GB 50012", "BIM361"]
)
def test_a_code_that_nobody_has_is_not_corrected(index: SearchIndex, text: str) -> None:
    assert ask(index, text) == []


def test_a_code_keeps_its_neighbours_out(index: SearchIndex) -> None:
    assert ask(index, "GB 50010") == ["zh-bridge"]
    assert ask(index, "EN 1993-1-8") == ["en-steel"]


def test_every_word_counts_before_any_word_does(index: SearchIndex) -> None:
    assert ask(index, "steel welded") == ["en-steel"]
    assert {"en-steel", "en-water"} <= set(ask(index, "welded coagulation"))


def test_nothing_is_found_for_what_nobody_offers(index: SearchIndex) -> None:
    found = index.search(query("xylophone"))
    assert (found.total, found.hits) == (0, ())


@pytest.mark.parametrize("text", ["", "   ", "…!?", '"', "-", "*", "\U0001f600"])
def test_text_without_a_word_browses_and_breaks_nothing(index: SearchIndex, text: str) -> None:
    assert index.search(query(text)).total == len(ALL)


@pytest.mark.parametrize(
    "text", ["bridge AND (", '"steel" -welded', 'a\\b"c', "title:bridge~2 [x TO y]"]
)
def test_what_engines_read_as_syntax_is_text_here(index: SearchIndex, text: str) -> None:
    assert index.search(query(text)).total < len(ALL)


def test_browsing_shows_everything_best_described_first(index: SearchIndex) -> None:
    found = index.search(query())
    assert {hit.id for hit in found.hits} == ALL
    assert found.total == len(ALL)
    assert found.hits[0].id == "en-bridge-design"
    qualities = [hit.document["quality"] for hit in found.hits]
    assert qualities == sorted(qualities, reverse=True)


def test_values_of_a_filter_are_alternatives_and_filters_must_all_hold(index: SearchIndex) -> None:
    both = set(ask(index, language=("fr", "es")))
    assert both == {c.id for c in COURSES if {"fr", "es"} & set(c.data.teaching_languages)}
    assert set(ask(index, language=("fr", "es"), field="0712")) == {"fr-water", "es-water"}
    assert ask(index, "water", society="jade", price="free") == []
    assert ask(index, "供水", society="jade", price="free") == ["zh-water"]


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({"field": "07"}, ALL - {"en-quality"}),
        ({"field": "071"}, {"en-water", "en-ethics", "en-power", "zh-water", "ur-water", "ar-water",
                            "ar-solar", "ru-water", "ru-power", "fr-water", "es-water"}),
        ({"country": "EG"}, {"ar-bridge", "ar-water", "ar-solar"}),
        ({"kind": "webinar"}, {"en-bridge-inspection", "en-ethics"}),
        ({"credit": "CSE"}, {"zh-bridge", "zh-steel"}),
        ({"society": "birch"}, {"ru-bridge", "ru-water", "ru-power"}),
        ({"delivery": "blended"}, {"en-power", "es-water"}),
        ({"society": 'no "such" \\ society'}, set()),
    ],
)  # fmt: skip
def test_each_filter_keeps_what_it_names(
    index: SearchIndex, filters: dict[str, str], wanted: set[str]
) -> None:
    found = index.search(query(**filters))
    assert {hit.id for hit in found.hits} == wanted
    assert found.total == len(wanted)


def _counts(index: SearchIndex, facet: str, text: str = "", **filters: object) -> dict[str, int]:
    found = index.search(query(text, **filters)).facets[facet]
    counts = [each.count for each in found]
    assert counts == sorted(counts, reverse=True)
    return {each.value: each.count for each in found}


def test_facets_count_courses_once_each(index: SearchIndex) -> None:
    assert set(index.search(query()).facets) == set(FACETS)
    assert _counts(index, "delivery") == {
        value: sum(value in course.data.delivery for course in COURSES)
        for value in {value for course in COURSES for value in course.data.delivery}
    }
    assert _counts(index, "field")["07"] == len(ALL) - 1
    assert _counts(index, "price") == {"paid": 22, "free": 6}


def test_a_facet_in_use_shows_what_else_could_be_chosen(index: SearchIndex) -> None:
    narrowed = _counts(index, "language", language="fr")
    assert narrowed == _counts(index, "language")
    assert _counts(index, "society", language="fr") == {"rhone": 3}
    two = {"language": "en", "society": "jade"}
    assert _counts(index, "language", **two) == _counts(index, "language", society="jade")
    assert _counts(index, "society", **two) == _counts(index, "society", language="en")
    assert _counts(index, "price", **two) == {"paid": 1}


def test_facets_and_total_follow_the_text(index: SearchIndex) -> None:
    found = index.search(query("filtration", language="en"))
    assert found.total == 1
    assert _counts(index, "language", "filtration", language="en") == {"en": 1, "fr": 1}


def test_pages_join_without_gap_or_repetition(index: SearchIndex) -> None:
    for text, more in (
        ("", {}),
        ("", {"sort": Sort.TITLE}),
        ("bridges water", {}),
        ("", {"price": "paid"}),
    ):
        whole = index.search(query(text, **more))
        pages = [
            index.search(query(text, page=number, per_page=4, **more))
            for number in range(1, -(-whole.total // 4) + 1)
        ]
        assert [hit.id for page in pages for hit in page.hits] == [hit.id for hit in whole.hits]
        assert {page.total for page in pages} == {whole.total}
        beyond = index.search(query(text, page=99, per_page=4, **more))
        assert (beyond.total, beyond.hits) == (whole.total, ())
        assert beyond.facets == whole.facets


def test_courses_can_be_put_in_order(index: SearchIndex) -> None:
    assert ask(index, sort=Sort.SOONEST)[:4] == [
        "en-bridge-inspection",
        "zh-bridge",
        "en-water",
        "en-bridge-design",
    ]
    assert ask(index, sort=Sort.NEWEST)[0] == "en-bridge-inspection"
    titles = [h.document["title"] for h in index.search(query(sort=Sort.TITLE, language="fr")).hits]
    assert [title["fr"][:10] for title in titles] == ["Conception", "Efficacité", "Traitement"]
    assert ask(index, "concrete bridges", sort=Sort.SOONEST)[0] == "zh-bridge"


def test_a_hit_needs_no_database_to_be_shown(index: SearchIndex) -> None:
    (hit,) = index.search(query("GB 50010")).hits
    assert hit.document == kept(next(each for each in DOCUMENTS if each["id"] == "zh-bridge"))


def test_a_hit_carries_no_more_of_long_texts_than_is_shown(index: SearchIndex) -> None:
    long = "zebra " * 1_000 + "okapi"
    texts = {"description": {"en": long}, "outcomes": {"en": "quagga"}}
    index.apply([{**DOCUMENTS[0], "id": "long", **texts}], [])
    for word in ("zebra", "okapi", "quagga"):
        (hit,) = index.search(query(word)).hits
        assert len(hit.document["description"]["en"]) == READ
        assert "outcomes" not in hit.document


def _marked(index: SearchIndex, text: str, part: str, **more: object) -> list[str]:
    shown = index.search(query(text, **more)).hits[0].highlights[part]
    return [shown.text[start:end] for start, end in shown.ranges]


def test_highlights_are_ranges_of_the_text_that_is_shown(index: SearchIndex) -> None:
    assert _marked(index, "design a bridge girder", "title") == ["Designing", "bridges"]
    assert _marked(index, "ethics others", "title") == ["ethics", "others"]
    title = index.search(query("ethics others")).hits[0].highlights["title"]
    assert title.text == "Professional ethics for <young> engineers & others"
    assert _marked(index, "ethics young", "summary") == ["ethics"]
    assert _marked(index, "橋樑", "title", locale="zh") == ["桥梁"]
    assert _marked(index, "الجسور", "title") == ["الجسور"]
    assert _marked(index, "расчет опор", "summary") == ["Расчёт", "опор"]
    assert _marked(index, "ocupational safety", "title") == ["Occupational", "safety"]


def test_a_text_is_shown_in_the_readers_language_unless_another_matches(index: SearchIndex) -> None:
    def title(text: str, locale: str) -> tuple[str, str]:
        shown = index.search(query(text, locale=locale)).hits[0].highlights["title"]
        return shown.language, shown.text

    assert title("GB 50010", "zh") == ("zh", "混凝土桥梁设计")
    assert title("GB 50010", "en") == ("en", "Design of concrete bridges (in Chinese)")
    assert title("混凝土桥梁", "en") == ("zh", "混凝土桥梁设计")
    assert title("мост", "en") == ("ru", "Проектирование железобетонных мостов")


def test_long_queries_are_cut_not_refused(index: SearchIndex) -> None:
    assert index.search(query("bridge " * 40)).total
    index.search(query(" ".join(f"w{n}ord" for n in range(60))))
    index.search(query("混凝土桥梁设计与施工技术规范应用研究" * 5))


def test_values_are_frozen(index: SearchIndex) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        index.search(query()).total = 3  # type: ignore[misc]  # the error looked for
