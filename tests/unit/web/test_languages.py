"""In which language pages answer, and that they say so."""

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from babel import Locale
from starlette.requests import Request

from app.web.languages.choosing import (
    COOKIE,
    LANGUAGES,
    alternates,
    choose,
    in_language,
    keep_language,
    wanted_languages,
)
from app.web.rendering import Site
from app.web.wording import isolated, listed, plural_number
from tests.simulator.site import BROWSER, PUBLIC_URL, Pages


def asked(query: str = "", *, cookie: str = "", accept: str = "") -> Request:
    headers = [(b"accept-language", accept.encode())]
    if cookie:
        headers.append((b"cookie", f"{COOKIE}={cookie}".encode()))
    return Request(
        {"type": "http", "method": "GET", "path": "/", "headers": headers,
         "query_string": query.encode()}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "code"),
    [
        ("", "", "", "en"),
        ("", "", "de-CH, fr;q=0.8, en;q=0.9", "en"),
        ("", "", "de, pt", "en"),
        ("", "", "ar-EG, en", "ar"),
        ("", "", "zh-TW", "zh"),
        ("", "ur", "ar", "ur"),
        ("hl=ru", "ur", "ar", "ru"),
        ("hl=zh_CN", "", "", "zh"),
        ("hl=klingon", "es", "ar", "es"),
        ("hl=" + "x" * 5000, "<script>", "fr", "fr"),
        ("hl=&hl=fr", "", "", "fr"),
    ],
)
def test_the_address_goes_before_the_cookie_and_the_cookie_before_the_browser(
    query: str, cookie: str, accept: str, code: str
) -> None:
    assert choose(asked(query, cookie=cookie, accept=accept)).language.code == code


def test_texts_follow_the_chosen_language_first_and_then_the_browser() -> None:
    assert wanted_languages(asked(accept="de, fr;q=0.5")) == ("de", "fr")
    assert wanted_languages(asked("hl=zh", accept="de")) == ("zh-Hans", "de")
    assert wanted_languages(asked(cookie="ar", accept="de")) == ("ar", "de")


def test_links_go_on_in_the_language_that_the_address_names() -> None:
    page = (
        '<a class="x" href="/courses/1#dates">1</a><form action="/x" method="post"></form>'
        '<form action="/" method="get"></form>'
        '<a href="/?q=a&amp;page=2">2</a><a href="https://else.example/">3</a>'
        '<link href="/static/site.css"><a href="/api/docs">4</a><a href="//else.example">5</a>'
        '<a href="#main">6</a><p>href="/not"</p><a href="/?hl=fr">7</a>'
    )
    assert keep_language(page, LANGUAGES["ar"]) == (
        '<a class="x" href="/courses/1?hl=ar#dates">1</a><form action="/x?hl=ar" method="post">'
        '</form><form action="/" method="get"></form><a href="/?q=a&amp;page=2&amp;hl=ar">2</a><a href="https://else.example/">3</a>'
        '<link href="/static/site.css"><a href="/api/docs">4</a><a href="//else.example">5</a>'
        '<a href="#main">6</a><p>href="/not"</p><a href="/?hl=fr">7</a>'
    )


def test_an_address_has_one_language_at_most() -> None:
    assert in_language("/?q=%E6%A1%A5&hl=fr", "zh") == "/?q=%E6%A1%A5&hl=zh"
    assert in_language("/?hl=fr&hl=es", None) == "/"


def test_alternates_name_every_language_and_where_the_readers_own_is_taken() -> None:
    known = {one.tag: one.address for one in alternates("https://node.example/courses/1")}
    assert known.keys() == {"en", "es", "fr", "ru", "ar", "ur", "zh-Hans", "x-default"}
    assert known["zh-Hans"] == "https://node.example/courses/1?hl=zh"
    assert known["x-default"] == "https://node.example/courses/1"


def test_the_menu_sets_a_cookie_and_goes_back_to_its_page(pages: Pages) -> None:
    answer = pages.client.post(
        "/language",
        data={"language": "zh"},
        headers={"referer": "http://testserver/?q=%E6%A1%A5&hl=fr", "origin": "http://testserver"},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?q=%E6%A1%A5"
    assert answer.headers["set-cookie"].startswith(
        f"{COOKIE}=zh; HttpOnly; Max-Age=31536000; Path=/"
    )


@pytest.mark.parametrize(
    "referer",
    [
        "https://else.example/",
        "http://testserver//else.example/",
        "http://[",
        "",
        "http://testserver",
    ],
)
def test_the_menu_leads_to_no_other_site(pages: Pages, referer: str) -> None:
    headers = {"referer": referer, "origin": "http://testserver"}
    answer = pages.client.post(
        "/language", data={"language": "none"}, headers=headers, follow_redirects=False
    )
    assert answer.headers["location"] == "/"
    assert "set-cookie" not in answer.headers


def test_a_page_says_what_its_language_depends_on(pages: Pages) -> None:
    free = pages.client.get("/", headers={"accept-language": "en"})
    assert {"Accept-Language", "Cookie"} <= set(free.headers["vary"].split(", "))
    named = pages.client.get("/?hl=en")
    assert "Cookie" not in named.headers["vary"]


def test_a_page_that_is_not_translated_stays_english_and_says_so(pages: Pages) -> None:
    answer = pages.client.get("/verify?hl=ar", headers=BROWSER)
    assert answer.headers["content-language"] == "en"
    assert '<html lang="en" dir="ltr">' in answer.text
    assert re.search(r'<p class="small quiet" lang="ar" dir="rtl">.+</p>', answer.text)
    assert 'href="/recognition?hl=ar"' in answer.text


@pytest.mark.parametrize(
    ("code", "tag", "direction", "word"),
    [("zh", "zh-Hans", "ltr", "搜索"), ("ar", "ar", "rtl", "بحث"), ("ur", "ur", "rtl", "تلاش"),
     ("ru", "ru", "ltr", "Найти"), ("fr", "fr", "ltr", "Chercher"), ("es", "es", "ltr", "Buscar")],
)  # fmt: skip
def test_search_speaks_the_language_of_its_address(
    pages: Pages, code: str, tag: str, direction: str, word: str
) -> None:
    answer = pages.client.get(f"/?hl={code}")
    assert answer.headers["content-language"] == tag
    assert f'<html lang="{tag}" dir="{direction}">' in answer.text
    assert f'<button class="button">{word}</button>' in answer.text
    assert f'<input type="hidden" name="hl" value="{code}">' in answer.text
    assert re.search(rf'<h3[^>]*><a href="/courses/[^"?]+\?hl={code}">', answer.text)


def test_courses_tell_their_address_in_every_language(pages: Pages) -> None:
    course = next(iter(pages.ids.values()))
    address = f"{PUBLIC_URL}/courses/{course}"
    plain = pages.client.get(f"/courses/{course}").text
    assert f'<link rel="canonical" href="{address}">' in plain
    assert f'<link rel="alternate" hreflang="x-default" href="{address}">' in plain
    assert f'<link rel="alternate" hreflang="zh-Hans" href="{address}?hl=zh">' in plain
    named = pages.client.get(f"/courses/{course}?hl=ar").text
    assert f'<link rel="canonical" href="{address}?hl=ar">' in named


def test_search_tells_its_address_in_every_language(pages: Pages) -> None:
    page = pages.client.get("/?q=bridges&hl=fr&utm_source=mail").text
    assert f'<link rel="canonical" href="{PUBLIC_URL}/?q=bridges&amp;hl=fr">' in page
    assert f'hreflang="x-default" href="{PUBLIC_URL}/?q=bridges">' in page


def test_errors_speak_the_readers_language(pages: Pages) -> None:
    missing = pages.client.get("/courses/none", headers={"accept-language": "ar"})
    assert missing.status_code == 404
    assert missing.headers["content-language"] == "ar"
    assert "لا شيء في هذا العنوان" in missing.text
    wrong = pages.client.get("/?page=x&hl=ru")
    assert wrong.status_code == 422
    assert "Это не число в допустимых пределах." in wrong.text
    assert "Use a whole number" not in wrong.text


def test_the_cookie_of_the_menu_decides_where_no_address_does(pages: Pages) -> None:
    pages.client.cookies.set(COOKIE, "es")
    try:
        assert pages.client.get("/").headers["content-language"] == "es"
        assert pages.client.get("/?hl=ur").headers["content-language"] == "ur"
    finally:
        pages.client.cookies.clear()


def test_what_pages_of_a_language_are_made_with_is_made_once() -> None:
    site = Site(node_name="Test node")
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(site.environment_of, [LANGUAGES["ur"]] * 32))
    assert all(each is made[0] for each in made)
    assert made[0] is not site.environment


@pytest.mark.parametrize(
    ("language", "amount", "number"),
    [("en", "1.5", 2), ("fr", "1.5", 1), ("fr", "2.5", 2), ("ru", "1.5", 2), ("ar", "2.5", 100),
     ("ru", "21", 21), ("es", "1", 1)],
)  # fmt: skip
def test_fractions_take_the_plural_that_they_are_spoken_with(
    language: str, amount: str, number: int
) -> None:
    assert plural_number(Decimal(amount), Locale(language)) == number


def test_things_side_by_side_are_parted_as_the_language_does() -> None:
    assert listed(["A", "B"], Locale("en")) == "A, B"
    assert listed(["A", "B"], Locale("zh")) == "A、B"
    assert listed(["A", "B"], Locale("ur")) == "A، B"
    assert listed(["A, b", "C"], Locale("en"), clauses=True) == "A, b; C"
    assert listed([isolated("<A>"), "B & C"], Locale("en")) == "<bdi>&lt;A&gt;</bdi>, B &amp; C"
