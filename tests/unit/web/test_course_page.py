import json

from lxml import html

from app.catalogue import service
from tests.conftest import NOW
from tests.simulator.site import PUBLIC_URL, Pages


def facts(page: html.HtmlElement) -> dict[str, str]:
    return {
        row.findtext("dt"): " ".join(" ".join(row.xpath("dd//text()")).split())
        for row in page.xpath("//dl[@class='facts']/div")
    }


def test_a_course_page_gives_the_facts(pages: Pages) -> None:
    page = html.fromstring(pages.get(f"/courses/{pages.ids['LK-1']}"))
    assert page.findtext(".//h1") == "Inspecting short-span bridges"
    found = facts(page)
    assert found["Credit given by the society"] == "12 PDH, Kenya"
    assert found["Duration"] == "12 hours"
    assert found["Delivery"] == "On site"
    assert found["Price"] == "KES 6,000"
    assert found["Field"] == "Building and civil engineering"
    assert found["Technical standards"] == "EN 1992-1-1:2004"


def test_the_dates_are_listed_with_place_and_price(pages: Pages) -> None:
    page = html.fromstring(pages.get(f"/courses/{pages.ids['LK-1']}"))
    rows = [
        [" ".join(cell.text_content().split()) for cell in row.xpath("td")]
        for row in page.xpath("//section[@id='dates']//tbody/tr")
    ]
    assert rows == [
        ["Feb 4 – 5, 2027 Enrol until Jan 20, 2027",
         "Eldoret, Kenya", "English", "KES 6,000"],
        ["Jun 10 – 11, 2027",
         "Kisumu, Kenya", "English", "KES 6,000"],
    ]  # fmt: skip


def test_the_title_is_in_the_readers_language_and_the_others_follow(pages: Pages) -> None:
    path = f"/courses/{pages.ids['JD-1']}"
    page = html.fromstring(pages.get(path, **{"accept-language": "zh-Hans-CN"}))
    assert page.xpath("//h1[@lang='zh']/text()") == ["高层建筑抗震设计"]
    assert page.xpath("//p[@class='also'][@lang='en']/text()") == [
        "Seismic design of tall buildings"
    ]
    page = html.fromstring(pages.get(path, **{"accept-language": "fr"}))
    assert page.xpath("//h1[@lang='en']/text()") == ["Seismic design of tall buildings"]


def test_the_link_to_the_society_tells_it_nothing(pages: Pages) -> None:
    page = html.fromstring(pages.get(f"/courses/{pages.ids['LK-1']}"))
    (link,) = page.xpath("//aside//a")
    assert link.get("href") == "https://lakeside.example/courses/lk-1"
    assert "noopener" in link.get("rel")


def test_every_field_names_its_source(pages: Pages) -> None:
    page = html.fromstring(pages.get(f"/courses/{pages.ids['LK-1']}"))
    rows = page.xpath("//table[.//caption[@id='sources-caption']]/tbody/tr")
    assert "Title" in rows[0].xpath("th")[0].text
    for row in rows:
        society, source, day = (cell.text_content() for cell in row.xpath("td"))
        assert society == "Lakeside Institution of Engineers"
        assert "LK-1" in source
        assert "2026" in day
    assert len(rows) > 5


def test_structured_data_cannot_end_its_element(own_pages: Pages) -> None:
    course = {"title": {"en": "A &lt;/script&gt; course"}, "url": "https://lakeside.example/x"}
    with own_pages.database.write() as session:
        taken = service.take(session, course, society_id="lakeside", source_id="s", remote_id="x",
                             digest="x", at=NOW)  # fmt: skip
    text = own_pages.get(f"/courses/{taken.course_id}")
    block = text.split('<script type="application/ld+json">')[1].split("</script>")[0]
    data = json.loads(block)
    assert data["@type"] == "Course"
    assert data["url"] == f"{PUBLIC_URL}/courses/{taken.course_id}"
    assert "<" not in block
    assert "script" in data["name"][0]["@value"]


def test_a_withdrawn_course_keeps_its_page(own_pages: Pages) -> None:
    with own_pages.database.write() as session:
        service.withdraw(session, source_id="lakeside-feed", remote_id="LK-1", at=NOW)
    answer = own_pages.client.get(f"/courses/{own_pages.ids['LK-1']}")
    assert answer.status_code == 410
    page = html.fromstring(answer.text)
    assert "This course has been withdrawn" in answer.text
    assert page.findtext(".//h1") == "Inspecting short-span bridges"
    assert not page.xpath("//aside//a")


def test_an_unknown_course_is_a_page_for_people_and_a_problem_for_programs(pages: Pages) -> None:
    answer = pages.client.get("/courses/none")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text
    answer = pages.client.get("/courses/none", headers={"accept": "application/json"})
    assert answer.json()["code"] == "not-found"
