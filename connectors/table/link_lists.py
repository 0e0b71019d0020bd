"""Lists of links in Markdown, as people keep them in repositories: a table in another dress.

    ### Heading
    * [Title](https://x.example/1) - Who gives it *(a note)*

Each link of a list becomes a row of title, address, provider and subject (the headings above it).
What else stands in the file is prose. Links within the file are its index, not courses.
"""

import html
import re
from collections.abc import Iterator

HEADER = ("Title", "URL", "Provider", "Keywords")

_ENTRY = re.compile(
    r"\s{0,12}[*+-] {1,4}(?:\[[ xX]\] )?\[(?P<title>(?:[^\[\]\\]|\\.|\[[^\[\]]*\]){1,500})\]"
    r"\((?P<url>[^()\s]+(?:\([^()\s]*\)[^()\s]*)*)(?: +\"[^\"]*\")? *\)(?P<rest>.*)"
)
_HEADING = re.compile(r"(#{1,6}) (?P<text>.+?)(?: +#+)?\s*")
_BEGUN = re.compile(r"\s{0,12}[*+-] {1,4}\[")
_TAG = re.compile(r"<[^<>]{0,200}>")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NOTE = re.compile(r"\*?\(.*")
_LEAST = 3


def is_one(text: str) -> bool:
    """Whether a text is such a list: three links or more, and they are most of it."""
    lines = [line for line in text[:20_000].split("\n") if line.strip()]
    entries = sum(_ENTRY.match(line[:2000]) is not None for line in lines)
    others = sum(not line.lstrip().startswith(("#", "*", "-", "+", ">", "<")) for line in lines)
    return entries >= _LEAST and entries > others


def rows(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The header, then each link with its line."""
    yield 0, HEADER
    headings: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        heading = _HEADING.fullmatch(line[:500])
        if heading:
            level = len(heading[1])
            shown = _plain(heading["text"])
            headings = [(depth, one) for depth, one in headings if depth < level]
            headings.append((level, shown))
            continue
        entry = _ENTRY.match(line[:5000])
        if entry and not entry["url"].startswith("#"):
            keywords = "; ".join(one for level, one in headings if level > 2 and one)
            yield number, (_plain(entry["title"]), entry["url"], _provider(entry["rest"]), keywords)


def _provider(rest: str) -> str:
    """What stands after the dash, without notes in brackets."""
    dash, _, told = rest.partition("- ")
    return _plain(_NOTE.sub("", told)).strip(" -,") if not dash.strip() else ""


def _plain(text: str) -> str:
    shown = _BIDI.sub("", html.unescape(_TAG.sub("", text))).replace("**", "").replace("`", "")
    return " ".join(_ESCAPED.sub(r"\1", shown).split())


def is_cut(text: str) -> bool:
    """Whether the last line is a link that was begun and not ended."""
    last = text.rpartition("\n")[2]
    return _BEGUN.match(last) is not None and _ENTRY.match(last[:5000]) is None
