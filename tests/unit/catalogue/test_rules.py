from dataclasses import asdict
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.catalogue import document, rules, texts
from app.catalogue.findings import Findings
from app.catalogue.model import CourseData, Credit, Offer, Severity
from connectors.contract import CourseDraft, CreditDraft, OfferDraft, RunDraft


def checked(**item: Any) -> tuple[CourseData, list[str]]:
    answer = rules.check({"title": {"en": "Bridges"}, "url": "https://a.example/x", **item})
    assert answer.data is not None
    return answer.data, [issue.code for issue in answer.issues]


def test_a_complete_draft_passes_without_a_finding() -> None:
    draft = CourseDraft(
        title={"en": "Design of concrete bridges", "zh_CN": "混凝土桥梁设计"},
        url="https://a.example/courses/7",
        description={"en": "<p>Loads and <strong>limits</strong>.</p>"},
        kind="course",
        metadata_language="en",
        teaching_languages=("English", "Chinese (Simplified)"),
        identifiers=(("DOI", "https://doi.org/10.5555/ABC"), ("code", "B-7")),
        fields=("0732",),
        competences=("EC4",),
        standards=("EN 1992-1-1:2004", "GB 50010-2010"),
        credits=(CreditDraft("12", "PDH", jurisdiction="US-TX"),),
        duration="PT12H",
        delivery=("blended",),
        licence="https://creativecommons.org/licenses/by/4.0/",
        access="registration",
        runs=(
            RunDraft(
                start="2026-03-01T09:00:00+08:00", end="2026-03-02T17:00:00+08:00",
                timezone="Asia/Shanghai", place_country="China", latitude=30.6, longitude=104.1,
                delivery="onsite", language="zh", offers=(OfferDraft("500", "CNY"),),
            ),
        ),
        offers=(OfferDraft("0"),),
    )  # fmt: skip
    answer = rules.check(asdict(draft))
    assert answer.issues == ()
    data = answer.data
    assert data is not None
    assert data.title == {"en": "Design of concrete bridges", "zh-Hans": "混凝土桥梁设计"}
    assert data.teaching_languages == ("en", "zh-Hans")
    assert data.identifiers == (("doi", "10.5555/abc"), ("code", "B-7"))
    assert data.credits == (Credit("12", "PDH", jurisdiction="US-TX"),)
    assert data.delivery == ("blended", "onsite")
    assert data.licence == "CC-BY-4.0"
    assert data.runs[0].place_country == "CN"
    assert data.runs[0].offers == (Offer("500", "CNY", "paid"),)
    assert data.offers == (Offer("0", None, "free"),)
    assert document.from_json(document.to_json(data)) == data


@pytest.mark.parametrize(
    "title", [{}, {"en": " \n"}, {"en": "<b></b>"}, None, "", 7.5j, {"en": None}]
)
def test_an_item_without_a_title_is_rejected(title: object) -> None:
    answer = rules.check({"title": title})
    assert answer.data is None
    (error,) = [issue for issue in answer.issues if issue.severity is Severity.ERROR]
    assert (error.code, error.path) == ("E-TITLE-MISSING", "title")
    assert error.hint


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "ftp://a.example/x", "https://user:secret@a.example/", "http://[::1",
     "http:///x", "https://a.example:99999/", "data:text/html,x", "nonsense", "http://a b/"],
)  # fmt: skip
def test_an_unusable_address_is_left_out_with_a_warning(url: str) -> None:
    data, codes = checked(url=url)
    assert data.url is None
    assert codes == ["W-URL-INVALID", "W-URL-MISSING"]


def test_an_address_without_its_scheme_is_mended() -> None:
    data, codes = checked(url="www.example.org/course")
    assert data.url == "https://www.example.org/course"
    assert codes == ["W-URL-NO-SCHEME"]


def test_html_in_a_description_is_reduced_to_harmless_elements() -> None:
    data, _ = checked(
        description={
            "en": '<h1 onclick="x()">Hi</h1><script>steal()</script><img src=x onerror=y>'
            '<a href="javascript:z()">a</a><a href="https://a.example/">b</a>'
        }
    )
    assert data.description["en"] == (
        'Hi<a rel="noopener noreferrer nofollow">a</a>'
        '<a href="https://a.example/" rel="noopener noreferrer nofollow">b</a>'
    )


def test_a_plain_description_keeps_its_paragraphs_and_its_signs() -> None:
    data, codes = checked(description={"en": "If a < b & c.\n\nSecond."})
    assert data.description["en"] == "<p>If a &lt; b &amp; c.</p><p>Second.</p>"
    assert codes == []


def test_a_title_loses_html_and_entities_but_not_its_words() -> None:
    data, codes = checked(title={"de": "<b>Br&uuml;cken</b> &amp; Tunnel"})
    assert data.title == {"de": "Brücken & Tunnel"}
    assert codes == ["W-TEXT-HTML"]


def test_what_no_database_or_page_can_hold_is_taken_out_of_texts() -> None:
    data, _ = checked(title={"en": "A\x00B\ud800C\u202eD\x0b"}, subjects=["x\x00"])
    assert data.title == {"en": "ABCD"}
    assert data.subjects == ("x",)


def test_html_that_was_escaped_is_read_as_html() -> None:
    data, codes = checked(description={"en": "&lt;p&gt;Loads &amp;amp; moments&lt;/p&gt;"})
    assert data.description["en"] == "<p>Loads &amp; moments</p>"
    assert codes == ["W-TEXT-ESCAPED-HTML"]


def test_entities_are_decoded_once_and_what_is_left_is_said() -> None:
    data, codes = checked(title={"en": "A &amp;amp; B"}, description={"en": "C &amp;amp; D"})
    assert data.title["en"] == "A &amp; B"
    assert data.description["en"] == "<p>C &amp;amp; D</p>"
    assert codes == ["W-TEXT-HTML", "W-TEXT-ESCAPED-TWICE", "W-TEXT-ESCAPED-TWICE"]


@pytest.mark.parametrize(
    ("text", "misread"),
    [("BrÃ¼cken", True), ("donâ€™t", True), ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", True), ("Br\ufffdcken", True),
     ("Brücken, São Paulo, Âge, été", False), ("Привет", False), ("混凝土", False)],
)  # fmt: skip
def test_characters_read_in_the_wrong_coding_are_pointed_out(text: str, misread: bool) -> None:
    data, codes = checked(title={"de": text})
    assert data.title == {"de": text}
    assert codes == (["W-TEXT-MISREAD"] if misread else [])


def test_links_of_a_description_lead_to_the_web_only() -> None:
    links = [
        "javascript:x()",
        "data:text/html,x",
        "mailto:a@b.example",
        "/x",
        "//evil.example/",
        "x.html",
    ]
    html = "".join(f'<p><a href="{one}">a</a></p>' for one in links)
    data, _ = checked(description={"en": html})
    assert "href" not in data.description["en"]


_HTML = st.lists(
    st.sampled_from(
        ["<script>", "</script>", "<img src=x onerror=a()>", "<a href='", "javascript:a()", "'>",
         "<svg/onload=a()>", "<style>", "</style>", "<p>", "</p>", "&lt;script&gt;", "&lt;",
         "&#60;", "<!--", "-->", "<iframe src=//e.example>", "<math><mi>", "<b", " onclick=a() ",
         ">", "<", "&amp;lt;", '"', "`", "<noscript>", "<template>", "]]>",
         "<base href=//e.example>", "x"]
    )
    | st.text(max_size=6),
    max_size=12,
).map("".join)  # fmt: skip


class _Active(HTMLParser):
    """Whatever of a cleaned description is not harmless."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in texts.ELEMENTS:
            self.found.append(tag)
        for name, value in attrs:
            if (tag, name) not in {("a", "href"), ("a", "rel")}:
                self.found.append(name)
            if name == "href" and not str(value).startswith(("http://", "https://")):
                self.found.append(value)

    def handle_comment(self, data: str) -> None:
        self.found.append(data)

    def handle_decl(self, decl: str) -> None:
        self.found.append(decl)


@settings(deadline=None, max_examples=150)
@given(_HTML)
def test_nothing_active_is_left_in_a_description(html: str) -> None:
    cleaned = texts.rich(html, limit=500, path="description", found=Findings()) or ""
    active = _Active()
    active.feed(cleaned)
    active.close()
    assert active.found == []
    again = texts.rich(cleaned, limit=50_000, path="description", found=Findings())
    assert again is None or "<script" not in again


def test_signs_that_urdu_needs_stay() -> None:
    data, _ = checked(title={"ur": "پل\u200cسازی"})
    assert data.title == {"ur": "پل\u200cسازی"}


def test_a_text_beyond_its_limit_is_cut_with_a_warning() -> None:
    data, codes = checked(title={"en": "x" * 100_000})
    assert len(data.title["en"]) == rules.TITLE
    assert codes == ["W-TEXT-TOO-LONG"]


def test_unmarked_texts_are_in_the_language_of_the_metadata() -> None:
    data, codes = checked(title={"und": "Brücken"}, metadata_language="ger")
    assert data.title == {"de": "Brücken"}
    assert codes == []


def test_texts_of_no_known_language_stay_unmarked_with_a_warning() -> None:
    data, codes = checked(title={"und": "Brücken"})
    assert data.title == {"und": "Brücken"}
    assert data.metadata_language is None
    assert codes == ["W-LANG-MISSING"]


def test_credit_without_a_unit_is_kept_and_says_so() -> None:
    data, codes = checked(
        credits=[{"value": "8"}, {"value": "12 PDH"}, {"value": "3", "unit": "学分"}]
    )
    assert data.credits == (Credit("8", None), Credit("12", "PDH"), Credit("3", "学分"))
    assert codes == ["W-CREDIT-NO-UNIT", "W-CREDIT-UNIT-AMBIGUOUS"]


def test_an_amount_without_a_currency_says_only_that_it_costs() -> None:
    data, codes = checked(
        offers=[{"amount": "500"}, {"amount": "KES 2,500.50"}, {"amount": "free"}]
    )
    assert data.offers == (
        Offer(None, None, "paid"), Offer("2500.5", "KES", "paid"), Offer("0", None, "free")
    )  # fmt: skip
    assert codes == ["W-PRICE-NO-CURRENCY"]


def test_an_end_before_the_start_is_left_out() -> None:
    data, codes = checked(runs=[{"start": "2026-03-05", "end": "2026-03-01"}])
    assert (data.runs[0].start, data.runs[0].end) == ("2026-03-05", None)
    assert codes == ["W-DATE-ORDER"]


def test_an_ambiguous_date_is_not_guessed() -> None:
    data, codes = checked(runs=[{"start": "03/04/2026", "place_name": "Hall"}])
    assert data.runs[0].start is None
    assert codes == ["W-DATE-AMBIGUOUS"]


def test_a_bare_online_is_guessed_from_the_runs_and_says_so() -> None:
    data, codes = checked(delivery=["online"])
    assert (data.delivery, codes) == (("online-async",), ["W-DELIVERY-GUESSED"])
    data, _ = checked(delivery=["online"], runs=[{"start": "2026-03-01T09:00"}])
    assert data.delivery == ("online-live",)


@pytest.mark.parametrize(
    ("end", "delivery"),
    [(None, "online-live"), ("2026-03-02T17:00:00Z", "online-live"),
     ("2026-05-30T00:00:00Z", "online-async")],
)  # fmt: skip
def test_an_online_course_of_weeks_is_not_live_because_it_opens_at_an_hour(
    end: str | None, delivery: str
) -> None:
    run = RunDraft(start="2026-03-01T09:00:00Z", end=end)
    checked = rules.check(asdict(CourseDraft({"en": "Pumps"}, delivery=("online",), runs=(run,))))
    assert checked.data is not None
    assert checked.data.delivery == (delivery,)


def test_every_warning_names_its_place_and_most_a_mend() -> None:
    answer = rules.check(
        {
            "title": {"en": "T"}, "kind": "?", "fields": ["2099", "0732"], "competences": ["EC14"],
            "standards": ["Module 3"], "duration": "1080", "effort": "some", "licence": "ours",
            "runs": [{"latitude": 91, "longitude": 0, "timezone": "Mars/North"}],
            "teaching_languages": ["English; Klingonese", 5], "identifiers": ["x"],
        }
    )  # fmt: skip
    assert {issue.code: issue.path for issue in answer.issues} == {
        "W-PLACE": "runs[0].latitude",
        "W-TIMEZONE": "runs[0].timezone",
        "W-URL-MISSING": "url",
        "W-LANG-UNKNOWN": "teaching_languages[1]",
        "W-TYPE": "identifiers[0]",
        "W-KIND-UNKNOWN": "kind",
        "W-FIELD-CODE": "fields[0]",
        "W-COMPETENCE": "competences[0]",
        "W-STANDARD": "standards[0]",
        "W-LICENCE-UNKNOWN": "licence",
        "W-DURATION-NO-UNIT": "duration",
        "W-DURATION-FORMAT": "effort",
    }
    assert all(issue.severity is Severity.WARNING for issue in answer.issues)


def test_a_hostile_item_cannot_fill_the_database() -> None:
    answer = rules.check(
        {
            "title": {f"x-{n}": "t" for n in range(10_000)},
            "runs": [{"start": f"{n}"} for n in range(10_000)],
            "subjects": ["s" * 10_000] * 10_000,
        }
    )
    assert len(answer.issues) <= 100
    assert answer.data is not None
    assert len(str(document.to_json(answer.data))) < 100_000


_SNARES = ["2026-03-01", "PT5H", "http://[", "٣ PDH", "1e9", "EUR 5", "²", "-0", "NaN"]
_ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(_SNARES),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)  # fmt: skip
_FIELDS = st.sampled_from([*CourseData.__dataclass_fields__, "credits", "runs", "offers"])
_PARTS = st.sampled_from(
    ["value", "unit", "amount", "currency", "category", "start", "end", "latitude", "longitude",
     "timezone", "offers", "instructors", "language", "url"]
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example({"title": {"\x00\x80": None}})
@given(
    st.dictionaries(
        _FIELDS, _ANYTHING | st.lists(st.dictionaries(_PARTS, _ANYTHING, max_size=4), max_size=2)
    )
)
def test_whatever_comes_in_the_check_answers_and_answers_the_same_twice(
    item: dict[str, Any],
) -> None:
    item.setdefault("title", {"en": "Title"})
    answer = rules.check(item)
    assert rules.check(item) == answer
    if answer.data is not None:
        kept = document.to_json(answer.data)
        document.digest(kept)
        assert document.from_json(kept) == answer.data
