"""Reading a web page in one go: its JSON-LD blocks, microdata, RDFa, address, language, summary.

libxml2 hands the page's elements on as it reads (no tree is built, so depth costs nothing), and
what stands in comments or in scripts of other kinds is never taken for data. Microdata and RDFa
become the same nodes as JSON-LD gives: ``{"@type": "Course", "name": "..."}``. Of RDFa it is RDFa
Lite (``vocab``, ``typeof``, ``property``, ``resource``) that is read; ``itemref`` is not followed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from lxml import etree
from w3lib.encoding import html_to_unicode

from connectors import encodings

MAX_BYTES = 5 * 1024 * 1024
MAX_TAGS = 150_000
MAX_NODES = 5_000
MAX_COLLECTING = 16
MAX_TEXT = 50_000
MAX_BLOCKS = 500

_ADDRESSES = {
    "a": "href", "area": "href", "link": "href", "img": "src", "audio": "src", "video": "src",
    "source": "src", "iframe": "src", "embed": "src", "object": "data", "time": "datetime",
    "data": "value", "meter": "value",
}  # fmt: skip
_MARKS = re.compile(r"ld\+json|itemscope|typeof", re.IGNORECASE)
"""Without any of these a page says nothing for machines, and is not worth reading."""
_VOID = frozenset({"meta", "link", "img", "source", "embed", "area", "iframe", "audio", "video"})
_VOCABULARIES = ("https://schema.org/", "http://schema.org/", "schema:")

Node = dict[str, Any]


class PageTooLarge(ValueError):
    """The page is larger than is looked at; the message says what the limits are."""


@dataclass(frozen=True, slots=True)
class WebPage:
    """What a page says for machines. ``blocks`` are its JSON-LD texts, ``nodes`` the rest."""

    canonical: str | None
    language: str | None
    description: str | None
    blocks: tuple[str, ...]
    nodes: tuple[Node, ...]
    lines: tuple[int | None, ...] = ()
    """The line on which each block begins, where it can be told."""
    mended: str = ""
    """What was wrong with its encoding, if anything was."""


def read(body: bytes, *, address: str, content_type: str | None) -> WebPage:
    """Read a page. Raises ``PageTooLarge``."""
    if len(body) > MAX_BYTES or body.count(b"<") > MAX_TAGS:
        raise PageTooLarge(f"the page is over {MAX_BYTES} bytes or {MAX_TAGS} tags")
    text, mended = _decoded(body, content_type)
    reader = _Reader()
    if _MARKS.search(text):
        parser = etree.HTMLParser(target=reader, encoding="utf-8")
        etree.fromstring(text.encode("utf-8", "replace"), parser)
    canonical = _joined(_joined(address, reader.base), reader.canonical)
    return WebPage(
        canonical=canonical if reader.canonical else None,
        language=reader.language or None,
        description=reader.description or None,
        blocks=tuple(reader.blocks),
        nodes=tuple(reader.nodes),
        lines=tuple(_lines(text, reader.blocks)),
        mended=mended,
    )


def _decoded(body: bytes, content_type: str | None) -> tuple[str, str]:
    """The page's text, and what its bytes were taken for if that is not what it says of itself.

    Text that is UTF-8 to its last byte is UTF-8: servers often name another encoding by default.
    """
    try:
        return body.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        named, text = html_to_unicode(content_type, body, default_encoding="utf-8")
    if "\ufffd" not in text:
        return text, ""
    text, taken_for = encodings.guessed(body)
    return text, f"what it calls {named} is not; it was read as {taken_for}"


def _lines(text: str, blocks: Sequence[str]) -> Iterator[int | None]:
    """Where each block begins, found by its first line that says something."""
    at, line = 0, 1
    for block in blocks:
        bare = block.lstrip()
        found = text.find(bare.partition("\n")[0].rstrip("\r")[:200], at) if bare else -1
        if found < 0:
            yield None
            continue
        line += text.count("\n", at, found)
        at = found + 1
        yield line


def _joined(base: str, address: str | None) -> str:
    if not address:
        return base
    try:
        return urljoin(base, address.strip())
    except ValueError:
        return base


@dataclass(slots=True)
class _Collecting:
    """An element whose text is the value of properties of a node."""

    node: Node
    names: tuple[str, ...]
    parts: list[str] = field(default_factory=list)
    size: int = 0


class _Reader:
    """What lxml tells of a page's parts, as it reads them."""

    def __init__(self) -> None:
        self.base: str | None = None
        self.canonical: str | None = None
        self.language: str | None = None
        self.description: str | None = None
        self.blocks: list[str] = []
        self.nodes: list[Node] = []
        self._count = 0
        self._open: list[_Collecting | Node | list[str] | None] = []
        self._scopes: list[Node] = []
        self._collecting: list[_Collecting] = []
        self._block: list[str] | None = None

    def start(self, tag: str | bytes, attrib: dict[str | bytes, str | bytes]) -> None:
        said = {str(key): str(value) for key, value in attrib.items()}
        opened: _Collecting | Node | list[str] | None = None
        if tag == "script":
            if "ld+json" in said.get("type", "").lower() and len(self.blocks) < MAX_BLOCKS:
                opened = self._block = []
        else:
            self._about(str(tag), said)
            opened = self._data(str(tag), said)
        self._open.append(opened)

    def end(self, tag: str | bytes) -> None:
        closed = self._open.pop() if self._open else None
        if isinstance(closed, _Collecting):
            self._collecting.remove(closed)
            _add(closed.node, closed.names, " ".join("".join(closed.parts).split()))
        elif isinstance(closed, list):
            self.blocks.append("".join(closed))
            self._block = None
        elif closed is not None:
            self._scopes.pop()

    def data(self, data: str | bytes) -> None:
        text = str(data)
        if self._block is not None:
            self._block.append(text)
        for one in self._collecting:
            if one.size < MAX_TEXT:
                one.parts.append(text)
                one.size += len(text)

    def comment(self, text: str | bytes) -> None:
        """Nobody sees one."""

    def close(self) -> None:
        """Everything has been taken by then."""

    def _about(self, tag: str, said: dict[str, str]) -> None:
        """What the page says of itself in its head."""
        if tag == "html":
            self.language = said.get("lang") or said.get("xml:lang")
        elif tag == "base":
            self.base = self.base or said.get("href")
        elif tag == "link" and "canonical" in said.get("rel", "").lower().split():
            self.canonical = self.canonical or said.get("href")
        elif tag == "meta":
            name = (said.get("name") or said.get("property") or "").lower()
            if name in ("description", "og:description"):
                self.description = self.description or said.get("content", "").strip()
            elif said.get("http-equiv", "").lower() == "content-language":
                self.language = self.language or said.get("content")

    def _data(self, tag: str, said: dict[str, str]) -> _Collecting | Node | None:
        """Open a node or a property, if the element is one."""
        names = tuple(_names(said.get("itemprop") or said.get("property") or ""))
        types = _types(said)
        if types is not None and self._count < MAX_NODES:
            self._count += 1
            node: Node = {"@type": types}
            if identity := said.get("itemid") or said.get("resource"):
                node["@id"] = identity
            if names and self._scopes:
                _add(self._scopes[-1], names, node)
            else:
                self.nodes.append(node)
            self._scopes.append(node)
            return node
        if not names or not self._scopes:
            return None
        held = said.get("content", said.get(_ADDRESSES.get(tag, "content")))
        if held is not None or tag in _VOID or len(self._collecting) >= MAX_COLLECTING:
            value: Any = (held or "").strip()
            if language := said.get("lang"):
                value = {"@value": value, "@language": language}
            _add(self._scopes[-1], names, value)
            return None
        self._collecting.append(_Collecting(self._scopes[-1], names))
        return self._collecting[-1]


def _types(said: dict[str, str]) -> list[str] | None:
    """The types of a node that an element opens; none for one of another vocabulary."""
    if "itemscope" in said:
        return list(_names(said.get("itemtype", "")))
    return list(_names(said["typeof"])) if "typeof" in said else None


def _names(text: str) -> Iterator[str]:
    """schema.org's names among those listed, bare; those of other vocabularies are left out."""
    for name in text.split()[:20]:
        for vocabulary in _VOCABULARIES:
            if name.lower().startswith(vocabulary):
                yield name[len(vocabulary) :]
                break
        else:
            if ":" not in name and "/" not in name:
                yield name


def _add(node: Node, names: tuple[str, ...], value: Any) -> None:
    """Give a node a property; several values become a list."""
    for name in names:
        if name not in node:
            node[name] = value
        elif isinstance(node[name], list):
            node[name].append(value)
        else:
            node[name] = [node[name], value]
