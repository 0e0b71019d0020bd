"""The courses on one web page, as items: which there are, under which ids, and what is left out.

A page that holds one course gives it the page's own address as its id, so that a page that is gone
withdraws it. On a page that lists several, a course that has a page of its own on the site's list
is left to that page. Nothing of a page that cannot be read ends a run: it is told with the reason.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag

from connectors.contract import Fetched, Rejected, Tombstone, Upsert
from connectors.schema_org import web_page
from connectors.schema_org.web_page import WebPage
from connectors.schema_terms import jsonld
from connectors.schema_terms.runs import cancelled
from connectors.schema_terms.values import address, first, text

_COURSE_WORDS = re.compile(r"Course|Event|LearningResource|EducationalOccupational")
_DATA = re.compile(r"application/(?:ld\+)?json", re.IGNORECASE)
_HYPERTEXT = re.compile(r"(?:text/|application/xhtml|application/xml|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Group:
    """A course with its dates, and the line on which the block begins that it stands in."""

    nodes: Sequence[Mapping[str, Any]]
    line: int | None


@dataclass(frozen=True, slots=True)
class _Broken:
    """A block that cannot be read."""

    number: int
    line: int | None
    text: str
    reason: str


@dataclass(slots=True)
class Found:
    """What a page gave. ``whole`` is false when a course may have been missed."""

    items: list[Upsert | Tombstone | Rejected] = field(default_factory=list)
    left: int = 0
    """How many courses are left to their own pages."""
    whole: bool = True
    warnings: list[tuple[str, str]] = field(default_factory=list)

    def refuse(
        self, identity: str, raw: Mapping[str, Any], code: str, reason: str, line: int | None = None
    ) -> None:
        """Keep the reason why something could not be read."""
        self.whole = False
        self.items.append(Rejected(identity, raw, code, reason[:1000], line))


def courses(fetched: Fetched, url: str, pages: Collection[str]) -> Found:
    """The courses of the page that is listed as ``url``; ``pages`` are all that are listed."""
    found = Found()
    kind = fetched.headers.get("content-type", "")
    if not fetched.body.strip():
        found.refuse(url, {"url": url}, "E-PAGE-EMPTY", f"{url}: the page is empty")
        return found
    try:
        page = _page(fetched, kind)
    except web_page.PageTooLarge as error:
        found.refuse(url, {"url": url}, "E-PAGE-TOO-LARGE", f"{url}: {error}")
        return found
    if fetched.url != url and urldefrag(fetched.url).url in pages:
        found.left += 1  # it leads to a page that is read by itself
        return found
    if page.canonical not in (None, url, fetched.url) and page.canonical in pages:
        found.left += 1
        return found
    if page.mended:
        found.warnings.append(("W-PAGE-ENCODING", f"{url}: {page.mended}"))
    values, lines, broken = _blocks(page, url, found)
    form, graph = "json-ld", jsonld.graph(values)
    if not graph.courses and page.nodes:
        form, graph = "microdata", jsonld.graph(page.nodes)
        lines = [None] * len(page.nodes)
    if graph.cut or len(graph.courses) > jsonld.MAX_COURSES:
        found.whole = False
        told = f"{url}: only the first {jsonld.MAX_COURSES} courses of the page were looked at"
        found.warnings.append(("W-PAGE-LIMIT", told))
    begin = {id(one): lines[at] for one, at in zip(graph.courses, graph.origins, strict=True)}
    groups = [
        _Group([jsonld.joined(node, graph.by_id) for node in group], begin[id(group[0])])
        for group in jsonld.grouped(graph.courses[: jsonld.MAX_COURSES])
    ]
    about = _about(page, graph, url, fetched.url, alone=len(groups) == 1)
    _take(found, groups, about, form=form, pages=pages)
    _tell_broken(found, broken, url)
    if not found.items and not found.left and _is_cut(fetched.body):
        found.refuse(url, {"url": url}, "E-PAGE-CUT", f"{url}: the page ends before its end tag")
    return found


def _is_cut(body: bytes) -> bool:
    """Whether a page begins and does not end: what it would have said may be missing."""
    lowered = body.lower()
    return b"<html" in lowered and b"</html" not in lowered


def _page(fetched: Fetched, kind: str) -> WebPage:
    if _DATA.match(kind) or fetched.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        text = fetched.body.decode("utf-8-sig", "replace")
        return WebPage(None, None, None, (text,), (), (1,))
    if not _HYPERTEXT.match(kind):
        return WebPage(None, None, None, (), ())
    return web_page.read(fetched.body, address=fetched.url, content_type=kind or None)


def _blocks(
    page: WebPage, url: str, found: Found
) -> tuple[list[Any], list[int | None], list[_Broken]]:
    """The values of all blocks, the line of each value's block, and the blocks that are broken."""
    values: list[Any] = []
    lines: list[int | None] = []
    broken: list[_Broken] = []
    for number, (block, line) in enumerate(zip(page.blocks, page.lines, strict=True), start=1):
        if not block.strip():
            continue
        try:
            read = jsonld.block(block)
        except jsonld.BrokenBlock as error:
            broken.append(_Broken(number, line, block, str(error)))
            continue
        values += read.values
        lines += [line] * len(read.values)
        if read.mended:
            told = f"{url}: block {number} of JSON-LD{_at(line)}: {read.mended}"
            found.warnings.append(("W-JSONLD-MENDED", told))
    return values, lines, broken


def _at(line: int | None) -> str:
    return "" if line is None else f" (line {line})"


def _tell_broken(found: Found, broken: Sequence[_Broken], url: str) -> None:
    """A broken block that speaks of a course is refused, any other one is told."""
    for one in broken:
        told = f"{url}: block {one.number} of JSON-LD{_at(one.line)}: {one.reason}"
        if not _COURSE_WORDS.search(one.text):
            found.warnings.append(("W-JSONLD-BROKEN", told))
            continue
        identity = f"{url}#jsonld-{one.number}" if found.items else url
        found.refuse(identity, {"block": one.text[:20_000]}, "E-JSONLD-BROKEN", told, one.line)


def _about(
    page: WebPage, graph: jsonld.Graph, url: str, final: str, *, alone: bool
) -> dict[str, str]:
    """What the page says, as far as it says something about its courses."""
    said = {
        "url": final,
        "listed": url if url != final else None,
        "canonical": page.canonical if page.canonical not in (None, final) else None,
        "language": graph.language or page.language,
        "description": page.description if alone else None,
    }
    return {key: value for key, value in said.items() if value}


def _take(
    found: Found,
    groups: Sequence[_Group],
    about: Mapping[str, str],
    *,
    form: str,
    pages: Collection[str],
) -> None:
    """Give each course its id, and leave those to their own pages that have one."""
    url = about.get("listed", about["url"])
    here = {url, about["url"], about.get("canonical", url)}
    own = [_own(group.nodes[0], about["url"]) for group in groups]
    bare = [urldefrag(one).url if one else None for one in own]
    shared = Counter(bare)
    taken: set[str] = set()
    for group, full, page in zip(groups, own, bare, strict=True):
        if len(groups) > 1 and page not in here and shared[page] == 1 and page in pages:
            found.left += 1
            continue
        identity = url
        if len(groups) > 1 and (page not in here or shared[page] > 1):
            named = full if shared[page] == 1 else None
            identity = named or f"{url}#{_name(group.nodes[0])}"
        while identity in taken:
            identity += "+"
        taken.add(identity)
        if all(jsonld.is_event(node) and cancelled(node) for node in group.nodes):
            found.items.append(Tombstone(identity))
        else:
            raw = {"page": dict(about), "form": form, "items": list(group.nodes)}
            found.items.append(Upsert(identity, raw, group.line))


def _own(node: Mapping[str, Any], base: str) -> str | None:
    """The address that a course gives itself."""
    return address(node.get("url"), base) or address(node.get("@id"), base)


def _name(node: Mapping[str, Any]) -> str:
    """A short name made of what a course is called, for those without an address."""
    said = text(first(node, "identifier", "courseCode", "@id")) or text(node.get("name"))
    start = (
        text(node.get("startDate")) if jsonld.is_event(node) and not text(node.get("name")) else ""
    )
    return hashlib.sha256(f"{said}|{start}".casefold().encode()).hexdigest()[:16]
