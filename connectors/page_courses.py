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

from connectors import jsonld, web_page
from connectors.contract import Fetched, Rejected, Tombstone, Upsert
from connectors.schema_runs import cancelled
from connectors.schema_values import address, first, text
from connectors.web_page import WebPage

_COURSE_WORDS = re.compile(r"Course|Event|LearningResource|EducationalOccupational")
_DATA = re.compile(r"application/(?:ld\+)?json", re.IGNORECASE)
_HYPERTEXT = re.compile(r"(?:text/|application/xhtml|application/xml|\Z)", re.IGNORECASE)

Group = Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class Found:
    """What a page gave. ``whole`` is false when a course may have been missed."""

    items: list[Upsert | Tombstone | Rejected] = field(default_factory=list)
    left: int = 0
    """How many courses are left to their own pages."""
    whole: bool = True
    warnings: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, identity: str, raw: Mapping[str, Any], code: str, reason: str) -> None:
        """Keep the reason why something could not be read."""
        self.whole = False
        self.items.append(Rejected(identity, raw, code, reason[:1000]))


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
    values, broken = _blocks(page, url, found)
    form, graph = "json-ld", jsonld.graph(values)
    if not graph.courses and page.nodes:
        form, graph = "microdata", jsonld.graph(page.nodes)
    if graph.cut or len(graph.courses) > jsonld.MAX_COURSES:
        found.whole = False
        told = f"{url}: only the first {jsonld.MAX_COURSES} courses of the page were looked at"
        found.warnings.append(("W-PAGE-LIMIT", told))
    groups = jsonld.grouped(graph.courses[: jsonld.MAX_COURSES])
    joined = [[jsonld.joined(node, graph.by_id) for node in group] for group in groups]
    about = _about(page, graph, url, fetched.url, alone=len(joined) == 1)
    _take(found, joined, about, form=form, pages=pages)
    _tell_broken(found, broken, url)
    return found


def _page(fetched: Fetched, kind: str) -> WebPage:
    if _DATA.match(kind):
        text = fetched.body.decode("utf-8-sig", "replace")
        return WebPage(None, None, None, (text,), ())
    if not _HYPERTEXT.match(kind):
        return WebPage(None, None, None, (), ())
    return web_page.read(fetched.body, address=fetched.url, content_type=kind or None)


def _blocks(page: WebPage, url: str, found: Found) -> tuple[list[Any], list[tuple[int, str, str]]]:
    """The values of all blocks, and (number, text, reason) of those that are broken."""
    values: list[Any] = []
    broken: list[tuple[int, str, str]] = []
    for number, block in enumerate(page.blocks, start=1):
        if not block.strip():
            continue
        try:
            read = jsonld.block(block)
        except jsonld.BrokenBlock as error:
            broken.append((number, block, str(error)))
            continue
        values += read.values
        if read.mended:
            told = f"{url}: block {number} of JSON-LD: {read.mended}"
            found.warnings.append(("W-JSONLD-MENDED", told))
    return values, broken


def _tell_broken(found: Found, broken: Sequence[tuple[int, str, str]], url: str) -> None:
    """A broken block that speaks of a course is refused, any other one is told."""
    for number, block, reason in broken:
        told = f"{url}: block {number} of JSON-LD: {reason}"
        if not _COURSE_WORDS.search(block):
            found.warnings.append(("W-JSONLD-BROKEN", told))
            continue
        identity = f"{url}#jsonld-{number}" if found.items else url
        found.refuse(identity, {"block": block[:20_000]}, "E-JSONLD-BROKEN", told)


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
    groups: Sequence[Group],
    about: Mapping[str, str],
    *,
    form: str,
    pages: Collection[str],
) -> None:
    url = about.get("listed", about["url"])
    here = {url, about["url"], about.get("canonical", url)}
    own = [_own(group[0], about["url"]) for group in groups]
    bare = [urldefrag(one).url if one else None for one in own]
    shared = Counter(bare)
    taken: set[str] = set()
    for group, address_, page in zip(groups, own, bare, strict=True):
        elsewhere = page is not None and page not in here and shared[page] == 1
        if len(groups) > 1 and elsewhere and page in pages:
            found.left += 1
            continue
        identity = url
        if len(groups) > 1 and (page not in here or shared[page] > 1):
            identity = address_ if address_ and shared[page] == 1 else f"{url}#{_name(group[0])}"
        while identity in taken:
            identity += "+"
        taken.add(identity)
        if all(jsonld.is_event(node) and cancelled(node) for node in group):
            found.items.append(Tombstone(identity))
        else:
            raw = {"page": dict(about), "form": form, "items": list(group)}
            found.items.append(Upsert(identity, raw))


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
