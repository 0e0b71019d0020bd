import pytest

from app.catalogue import addresses, amounts, codes, languages, standards, texts
from app.catalogue.findings import Findings


@pytest.mark.parametrize(
    ("written", "tag"),
    [("en", "en"), ("eng", "en"), ("en_US", "en-US"), ("English", "en"), ("cmn", "zh"),
     ("Chinese (Simplified)", "zh-Hans"), ("Chinese (Traditional)", "zh-Hant"),
     ("zh-CN", "zh-Hans"),
     ("zh_TW", "zh-Hant"), ("zh-Hant-HK", "zh-Hant"), ("中文", "zh"), ("urdu", "ur"), ("ger", "de"),
     ("english (uk)", "en-GB"), ("xx", None), ("e", None), ("", None), ("no language", None)],
)  # fmt: skip
def test_languages_are_read_as_sources_write_them(written: str, tag: str | None) -> None:
    assert languages.tag(written) == tag


def test_a_sign_that_several_currencies_share_is_read_where_the_country_is_known() -> None:
    assert amounts.money("$ 40").mark == "$"
    assert amounts.money("$ 40", "AU").currency == "AUD"
    assert amounts.money("¥300", "JP").currency == "JPY"
    assert amounts.money("$ 40", "DE").currency is None


@pytest.mark.parametrize(
    ("written", "parsed"),
    [("ISO 9001:2015", ("ISO", "9001", None, "2015", "ISO 9001:2015")),
     ("GB 50010-2010", ("GB", "50010", None, "2010", "GB 50010-2010")),
     ("GB/T 50001—2017", ("GB/T", "50001", None, "2017", "GB/T 50001:2017")),
     ("EN 1992-1-1", ("EN", "1992", "1-1", None, "EN 1992-1-1")),
     ("BS EN 1992-1-1:2004+A1:2014", ("BS EN", "1992", "1-1", "2004", "BS EN 1992-1-1:2004")),
     ("IEEE 802.3-2018", ("IEEE", "802.3", None, "2018", "IEEE 802.3-2018")),
     ("ASCE 7-16", ("ASCE", "7", None, "2016", "ASCE 7-16")),
     ("ASTM C39/C39M-21", ("ASTM", "C39/C39M", None, "2021", "ASTM C39/C39M-21"))],
)  # fmt: skip
def test_standards_are_read_with_part_and_year(
    written: str, parsed: tuple[str | None, ...]
) -> None:
    found = standards.parse(written)
    assert found is not None
    assert (found.body, found.number, found.part, found.year, found.text) == parsed


@pytest.mark.parametrize("written", ["Module 3", "", "9001", "ISO", "A" * 70, "iso nine"])
def test_what_is_no_standard_is_none(written: str) -> None:
    assert standards.parse(written) is None


def test_two_addresses_of_one_page_are_known_for_the_same() -> None:
    one = addresses.match_key("https://WWW.x.org:443/a//b/?utm_source=mail&id=2#top")
    assert one == addresses.match_key("http://x.org/a/b?id=2") == "x.org/a/b?id=2"
    assert one != addresses.match_key("http://x.org/a/b?id=3")
    assert addresses.match_key("http://x.org:8080/a") != addresses.match_key("http://x.org/a")
    assert addresses.match_key("https://x.org/#/course/1") == "x.org?#/course/1"


@pytest.mark.parametrize(
    "url", ["https://x.org", "http://www.x.org/", "https://x.org/index.html?utm_id=1"]
)
def test_the_front_page_of_a_site_is_no_courses_own(url: str) -> None:
    assert addresses.match_key(url) is None


def test_vocabularies_know_names_codes_and_addresses() -> None:
    assert codes.isced("https://vocabulary.example/isced-f/0732") == "0732"
    assert codes.isced("1") is codes.isced("2099") is codes.isced("07321") is None
    assert [codes.country(one) for one in ("Kenya", "PAK", "cn", "UK", "Atlantis")] == [
        "KE", "PK", "CN", "GB", None,
    ]  # fmt: skip
    assert codes.delivery("https://schema.org/OfflineEventAttendanceMode") == "onsite"
    assert codes.competence("ec 03") == "EC3"


def test_titles_are_compared_by_their_letters_and_digits() -> None:
    assert texts.title_key("Design of Bridges — Part 1!") == texts.title_key(
        "design of bridges, part 1"
    )
    assert texts.title_key("Part 1") != texts.title_key("Part 2")


def test_the_lines_of_html_stay_lines_in_a_plain_text() -> None:
    text = "You should know:<ul><li>Loads &amp; <b>moments</b></li>\n<LI>Steel</LI></ul>"
    told = Findings()
    found = texts.block(text, limit=500, path="prerequisites.en", found=told)
    assert found == "You should know:\nLoads & moments\nSteel"
    assert texts.line(text, limit=500, path="title.en", found=told) == (
        "You should know: Loads & moments Steel"
    )
