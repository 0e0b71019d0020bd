"""Only what is plainly a page of this site is gone on to."""

import re
from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.account.way_back import ACCOUNT, to_the_door, way_back

SITE = "https://cpd.example"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/account/security",
        "/organisations/cse/courses?page=2&q=%E6%8A%97%E9%9C%87",
        "/?q=bridge&next=https%3A%2F%2Fevil.example",
        "/organisations/cse#members",
        "/holder/a-b_c",
    ],
)
def test_a_page_of_this_site_is_gone_on_to(path: str) -> None:
    assert way_back(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "account",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        "/\n/evil.example",
        "/a\r\nSet-Cookie: a=b",
        " //evil.example",
        "https:evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/%2F%2Fevil.example",
        "/%2fevil.example",
        "/%5Cevil.example",
        "/%255Cevil.example",
        "/%25252Fevil.example",
        "/.//evil.example",
        "/a/..//evil.example",
        "/%2e%2e//evil.example",
        "/%09/evil.example",
        "/%00",
        "/\u2044evil.example",
        "/\u2215\u2215evil.example",
        "/account\u202e",
        "/sign-in?next=/sign-in",
        "/sign-out",
        "/" + "a" * 1000,
    ],
)
def test_anything_else_leads_to_the_account(path: str) -> None:
    assert way_back(path) == ACCOUNT
    assert way_back(path, otherwise="") == ""


def as_browsers_read(address: str) -> str:
    """What the URL standard does before it reads: blanks go, a backslash is a slash."""
    return re.sub(r"[\t\r\n]", "", address.strip("".join(map(chr, range(33))))).replace("\\", "/")


PIECES = st.sampled_from(
    ["/", "\\", ".", "..", "%2f", "%5C", "%25", "%2e", "@", ":", "?", "#", "\t", "\n", "\x00", " ",
     "https:", "evil.example", "account", "\u2044", "；", "&", "="]
)  # fmt: skip


@given(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=8).map("".join)))
def test_no_text_leads_off_this_site(text: str) -> None:
    for asked in (text, "/" + text):
        there = way_back(asked)
        for read in (there, as_browsers_read(there)):
            landed = urlsplit(urljoin(SITE + "/sign-in", read))
            assert (landed.scheme, landed.netloc) == ("https", "cpd.example")
        assert there.isascii()
        assert there.isprintable()


@given(st.text(max_size=30))
def test_every_query_survives_the_way_through_the_door(text: str) -> None:
    page = f"/organisations/cse?q={quote(text)}"
    assert way_back(page) == page


def test_the_door_remembers_only_pages_of_this_site() -> None:
    assert to_the_door("/account") == "/sign-in?next=%2Faccount"
    assert to_the_door("/account", again=True) == "/sign-in?next=%2Faccount&again=1"
    assert to_the_door("//evil.example") == "/sign-in"
    assert to_the_door("", again=True) == "/sign-in?again=1"
