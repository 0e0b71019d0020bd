"""Reading pages: what they say of themselves, microdata, RDFa, and pages made to cost much."""

import time

import pytest

from connectors.plain_text import plain
from connectors.schema_org import web_page
from connectors.schema_org.web_page import PageTooLarge, WebPage

URL = "https://site.example/dir/page"


def read(text: str | bytes, kind: str | None = None) -> WebPage:
    body = text if isinstance(text, bytes) else text.encode()
    return web_page.read(body, address=URL, content_type=kind)


def test_a_page_says_its_address_language_and_summary() -> None:
    found = read(
        '<html lang="de-AT"><head typeof="x"><base href="/x/"><link rel="Canonical" href="y">'
        '<meta name="Description" content=" Kurz "><meta property="og:description" content="z">'
        "</head></html>"
    )
    assert found.canonical == "https://site.example/x/y"
    assert (found.language, found.description) == ("de-AT", "Kurz")


def test_json_ld_is_taken_from_live_scripts_only() -> None:
    found = read(
        '<script type="application/LD+JSON; charset=utf-8">{"a": "<b>&amp;</b>"}</script>'
        '<!-- <script type="application/ld+json">{"b": 1}</script> -->'
        "<script>var x = '<script type=\"application/ld+json\">{}';</script>"
        '<script type="application/json">{"c": 1}</script><script type="application/ld+json">{"d'
    )
    assert found.blocks == ('{"a": "<b>&amp;</b>"}', '{"d')


def test_each_block_says_its_line() -> None:
    script = '<script type="application/ld+json">'
    found = read(f'<p>\n\n{script}\n {{"a": 1}}</script>\r\n{script}{{"a": 1}}</script>\n')
    assert found.lines == (4, 5)
    assert read(f"\n{script} </script>").lines == (None,)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<meta charset=gb18030><p lang>风".encode("gb18030"), None),
        ("<p>风".encode("gb18030"), "text/html; charset=gb2312"),
        ("\ufeff<p>风".encode("utf-16-le"), None),
        ("<p>风".encode(), "text/html; charset=nonsense"),
        ("<p>风".encode(), None),
    ],
)
def test_charsets_are_told_as_browsers_tell_them(body: bytes, kind: str | None) -> None:
    marked = body.replace(b"<p", b"<p itemscope itemtype='https://schema.org/Course'")
    if b"\x00" in body:
        marked = "\ufeff<p itemscope itemprop=a>风".encode("utf-16-le")
    found = web_page.read(marked + b"", address=URL, content_type=kind)
    assert found.nodes


def test_microdata_becomes_nodes() -> None:
    found = read(
        '<div itemscope itemtype="http://schema.org/Course" itemid="#w"><h1 itemprop="name">'
        "Wind <b>loads</b></h1><a itemprop=url href=/w>x</a><meta itemprop=courseCode content=W1>"
        '<div itemprop="hasCourseInstance" itemscope itemtype="https://schema.org/CourseInstance">'
        '<time itemprop=startDate datetime="2027-01-01">1 January</time></div>'
        '<span itemprop="inLanguage">de</span><span itemprop="inLanguage">en</span></div>'
        '<p itemprop="name">outside</p><div itemscope itemtype="https://other.example/Thing">x</div>'
    )
    course, other = found.nodes
    assert course == {
        "@type": ["Course"],
        "@id": "#w",
        "name": "Wind loads",
        "url": "/w",
        "courseCode": "W1",
        "hasCourseInstance": {"@type": ["CourseInstance"], "startDate": "2027-01-01"},
        "inLanguage": ["de", "en"],
    }
    assert other == {"@type": []}


def test_microdata_says_the_language_of_a_text() -> None:
    found = read(
        '<div itemscope itemtype="http://schema.org/Course"><meta itemprop="name" content="Wind" '
        'lang="en"><meta itemprop="name" content="\u0628\u0627\u062f" lang="fa"></div>'
    )
    assert found.nodes[0]["name"] == [
        {"@value": "Wind", "@language": "en"},
        {"@value": "\u0628\u0627\u062f", "@language": "fa"},
    ]


def test_rdfa_lite_becomes_the_same_nodes() -> None:
    found = read(
        '<div vocab="https://schema.org/" typeof="Course" resource="#w"><h1 property="name">Wind'
        '</h1><div property="provider" typeof="schema:Organization"><span property="schema:name">B'
        '</span></div><meta property="og:title" content="no"><img property="image" src="/i.png">'
        "</div>"
    )
    assert found.nodes == (
        {
            "@type": ["Course"],
            "@id": "#w",
            "name": "Wind",
            "provider": {"@type": ["Organization"], "name": "B"},
            "image": "/i.png",
        },
    )


@pytest.mark.parametrize(
    "text", ["", " ", "<", "<html", "plain words", "<p", "\x00\x01<p>", "</p>" * 9]
)
def test_whatever_comes_is_read(text: str) -> None:
    assert read(text).nodes == ()


@pytest.mark.parametrize(
    "text",
    [
        "<div>" * 149_000,
        "<div itemscope>" * 40_000,
        "<div itemscope><p itemprop=a>x" * 20_000,
        "<div itemscope itemprop=a>" * 40_000 + "x" * 1_000_000,
        "<p " + "itemscope a=b " * 300_000 + ">",
        "<!--" * 149_000,
        "<script type=application/ld+json>" * 100_000,
        "<i " + " ".join(f"a{n}" for n in range(100_000)),
    ],
)
def test_a_page_made_to_cost_much_costs_little(text: str) -> None:
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("text", ["<" * 150_001, " " * 6_000_000])
def test_a_page_that_is_too_large_is_refused(text: str) -> None:
    began = time.process_time()
    with pytest.raises(PageTooLarge):
        read(text)
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("plain", "plain"),
        ("a < b &amp; c", "a < b & c"),
        ("<p>One</p><p>two <b>th</b>ree<br>four</p>", "One\ntwo three\nfour"),
        ("a<script>x()</script><style>y</style>b", "ab"),
        ("<i></i>", ""),
    ],
)
def test_plain_words_out_of_html(html: str, expected: str) -> None:
    assert plain(html) == expected


def test_plain_words_out_of_a_million_open_elements() -> None:
    began = time.process_time()
    plain("<div>" * 1_000_000)
    assert time.process_time() - began < 1
