"""Plain text out of the HTML that formats put where a text belongs.

libxml2 hands its parts on as it reads, and no tree is built: a text of a million open elements
costs no more than any other of its length.
"""

import re

from lxml import etree

MAX_CHARACTERS = 200_000

_BLOCKS = frozenset(
    {"br", "p", "div", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table"}
)
_UNSEEN = frozenset({"script", "style"})
_SPACES = re.compile(r"[ \t\r\f\v\xa0]+")
_LINES = re.compile(r"\s*\n\s*")


def plain(text: str) -> str:
    """The words; a block begins a line of its own. Text without markup comes back as it is."""
    if "<" not in text and "&" not in text:
        return text.strip()
    parser = etree.HTMLParser(target=_Words(), encoding="utf-8")
    marked = f"<body>{text[:MAX_CHARACTERS]}".encode(errors="replace")
    words = str(etree.fromstring(marked, parser))
    return _LINES.sub("\n", _SPACES.sub(" ", words)).strip()


class _Words:
    """What lxml tells of a text's parts, put together again without them."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._unseen = 0

    def start(self, tag: str | bytes, attrib: dict[str | bytes, str | bytes]) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self._parts.append("\n")

    def end(self, tag: str | bytes) -> None:
        self._unseen -= tag in _UNSEEN
        if tag in _BLOCKS:
            self._parts.append("\n")

    def data(self, data: str | bytes) -> None:
        if not self._unseen:
            self._parts.append(str(data))

    def comment(self, text: str | bytes) -> None:
        """Nobody sees one."""

    def close(self) -> str:
        return "".join(self._parts)
