import re

import pytest
from lxml import html

from app.search import FacetCount, Query, Results, Sort
from app.search.counting import Asked
from app.search.helping import Help
from app.web.finding.addresses import address
from app.web.finding.facets import groups
from app.web.finding.helping import offered
from app.web.search_page import pager
from tests.simulator.site import Pages


def test_the_page_lists_every_course_and_says_how_many(pages: Pages) -> None:
    page = html.fromstring(pages.get("/"))
    assert page.xpath("//h2[@data-announce]")[0].text == "All 5 courses"
    assert len(page.xpath("//li[@class='hit']")) == 5


def test_a_search_shows_its_text_its_number_and_its_marks(pages: Pages) -> None:
    page = html.fromstring(pages.get("/?q=Bridge"))
    assert page.xpath("//input[@name='q']/@value") == ["Bridge"]
    assert page.xpath("//h2[@data-announce]")[0].text == "1 course found"
    assert page.xpath("//li[@class='hit']//mark/text()") == ["bridge"]


def test_what_a_reader_typed_is_escaped(pages: Pages) -> None:
    typed = '"><script>alert(1)</script>'
    text = pages.client.get("/", params={"q": typed}).text
    assert "<script>alert" not in text
    assert html.fromstring(text).xpath("//input[@name='q']/@value") == [typed]


def test_a_facet_shows_names_and_counts_and_keeps_what_is_chosen(pages: Pages) -> None:
    page = html.fromstring(pages.get("/?delivery=onsite&language=en"))
    chosen = page.xpath("//input[@type='checkbox'][@checked]/@value")
    assert chosen == ["en", "onsite"]
    labels = [" ".join(each.text_content().split()) for each in page.xpath("//fieldset//label")]
    assert "English 2" in labels
    assert "On site 2" in labels
    assert "Lakeside Institution of Engineers 1" in labels


def test_every_filter_in_use_can_be_removed_by_a_link(pages: Pages) -> None:
    page = html.fromstring(pages.get("/?q=a&delivery=onsite&language=en"))
    links = page.xpath("//a[@class='chip']/@href")
    assert links == ["/?q=a&delivery=onsite", "/?q=a&language=en"]
    assert page.xpath("//a[@class='chip bare']/@href") == ["/?q=a"]


def test_foreign_texts_carry_their_language(pages: Pages) -> None:
    page = html.fromstring(pages.get("/?q=پلوں"))
    (hit,) = page.xpath("//li[@class='hit']")
    assert hit.get("dir") == "auto"
    assert hit.xpath(".//h3/@lang") == ["ur"]


def test_a_reader_gets_names_in_their_own_language(pages: Pages) -> None:
    page = html.fromstring(pages.get("/?society=jade", **{"accept-language": "zh-CN,en;q=0.5"}))
    assert page.xpath("//p[@class='by']/bdi[@lang='zh']/text()") == ["玉谷工程学会"]


def test_the_script_gets_only_the_part_that_changes(pages: Pages) -> None:
    answer = pages.client.get("/?q=bridge", headers={"x-fragment": "1"})
    assert answer.headers["x-fragment"] == "1"
    assert answer.text.startswith('<div id="found"')
    assert "X-Fragment" in answer.headers["vary"]


def test_nothing_found_says_what_may_help(pages: Pages) -> None:
    page = html.fromstring(pages.get("/?q=Bridge&language=ur"))
    assert page.xpath("//h2[@data-announce]")[0].text == "No course found"
    ways = {each.text: each.get("href") for each in page.xpath("//div[@class='notice']//li/a")}
    assert ways == {
        "Without the words: 2 courses": "/?language=ur",
        "Without the filter “Teaching language”: 1 course": "/?q=Bridge",
    }


def test_what_was_misspelled_is_offered_as_it_was_probably_meant() -> None:
    query = Query("brigde", {"language": ("en",)}, sort=Sort.TITLE)
    found = offered(query, Help(spelled="bridge"), asked=Asked())
    assert found.spelled_address == "/?q=bridge&language=en&sort=title"


def test_when_search_is_down_the_page_says_so_and_keeps_the_question(own_pages: Pages) -> None:
    own_pages.index.down = True
    answer = own_pages.client.get("/?q=bridge")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    page = html.fromstring(answer.text)
    assert page.xpath("//input[@name='q']/@value") == ["bridge"]
    assert "Search is not answering" in answer.text


def test_a_parameter_that_somebody_else_added_is_ignored(pages: Pages) -> None:
    assert "1 course found" in pages.get("/?q=bridge&utm_source=letter")


def test_a_parameter_that_makes_no_sense_is_named(pages: Pages) -> None:
    answer = pages.client.get("/?page=x")
    assert answer.status_code == 422
    assert re.search(r"<strong>page</strong>: Use a whole number", answer.text)


def test_a_page_that_does_not_exist_leads_back(pages: Pages) -> None:
    assert "There is no such page" in pages.get("/?page=9")


def test_an_address_leaves_out_what_is_usual() -> None:
    assert address(Query()) == "/"
    query = Query("a b", {"language": ("en", "zh")}, page=3, per_page=50, sort=Sort.TITLE)
    assert address(query) == "/?q=a+b&language=en&language=zh&sort=title&per_page=50"
    assert address(query, page=3).endswith("&page=3")


@pytest.mark.parametrize(
    ("page", "total", "numbers"),
    [
        (1, 20, []),
        (1, 21, [1, 2]),
        (5, 200, [1, 0, 4, 5, 6, 0, 10]),
        (2, 60, [1, 2, 3]),
        (1, 10**6, [1, 2, 0, 500]),
    ],
)
def test_the_pager_offers_the_ends_and_the_neighbours(
    page: int, total: int, numbers: list[int]
) -> None:
    assert [number for number, _ in pager(Query(page=page), total)] == numbers


def test_the_field_facet_lists_detailed_fields_only() -> None:
    counts = tuple(FacetCount(value, 3) for value in ("07", "073", "0732", "0713"))
    results = Results((), 3, 1, 20, {"field": counts})
    group = next(each for each in groups(Query(), results, names={}) if each.facet == "field")
    assert [choice.value for choice in group.choices] == ["0732", "0713"]
    chosen = Query(filters={"field": ("07",)})
    group = next(each for each in groups(chosen, results, names={}) if each.facet == "field")
    assert [choice.value for choice in group.choices] == ["07", "0732", "0713"]
