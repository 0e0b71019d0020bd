"""Which pages a site has: out of its sitemaps (sitemaps.org), or a plain list of addresses.

Each file is read as it streams by, within bounds on files, addresses and bytes; a sitemap that
names one that was read already is told apart from one that goes on for ever. What could not be
read, or was too much, is told, and then the list is not ``whole``: nothing may be withdrawn for
being absent from it. Entities and DOCTYPEs are refused.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml import etree

from connectors import answers
from connectors.contract import Fetch, Fetched, SourceMisconfigured, SourceUnavailable

MAX_ADDRESSES = 50_000
MAX_FILES = 500
MAX_DEPTH = 3
MAX_BYTES = 100 * 1024 * 1024
"""Of all files together, unpacked."""

_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml\b|<(?:\w+:)?(?:urlset|sitemapindex)\b)")
_HTML = re.compile(rb"<html\b", re.IGNORECASE)
_HTTP = re.compile(r"https?://\S+\Z", re.IGNORECASE)


@dataclass(slots=True)
class Listing:
    """The pages of a site, in the order in which they are named, with when each last changed."""

    pages: dict[str, str | None] = field(default_factory=dict)
    whole: bool = True
    warnings: list[tuple[str, str]] = field(default_factory=list)
    broken: int = 0
    """How many entries are no addresses."""

    def fault(self, code: str, message: str) -> None:
        """Tell that something is missing."""
        self.whole = False
        self.warnings.append((code, message))


@dataclass(frozen=True, slots=True)
class _File:
    """A sitemap that was unpacked and begun: an index of others, or a list of pages."""

    is_index: bool
    entries: Iterator[tuple[str, str | None]]


def is_sitemap(fetched: Fetched) -> bool:
    """Whether an answer is a sitemap rather than a page or a list of addresses."""
    head = fetched.body[:4096]
    return head[:2] == b"\x1f\x8b" or bool(_XML.match(head) and not _HTML.search(head))


def is_list(fetched: Fetched) -> bool:
    """Whether an answer is a plain list, an address on each line."""
    first = fetched.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:8].lower()
    return first.startswith((b"http://", b"https://"))


def lines(fetched: Fetched) -> Listing:
    """The addresses of a plain list."""
    found = Listing()
    for line in fetched.body.decode("utf-8-sig", "replace").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            _add(found, line.strip(), None, fetched.url)
    return found


def sitemap(fetch: Fetch, first: Fetched) -> Listing:
    """Every page that a sitemap names, itself or through others.

    Raises ``SourceUnavailable`` when the first one is cut, or one of the others cannot be had now,
    and ``SourceMisconfigured`` when the first is none.
    """
    found = Listing()
    asked = {first.url}
    waiting: list[tuple[str, int]] = []
    left = _take(found, first, waiting, depth=0, left=MAX_BYTES)
    while waiting and left > 0:
        address, depth = waiting.pop(0)
        if address in asked:
            continue
        asked.add(address)
        if len(asked) > MAX_FILES or depth > MAX_DEPTH:
            told = (
                f"over {MAX_FILES} sitemaps or {MAX_DEPTH} levels of them; {address} was not read"
            )
            found.fault("W-SITEMAP-LIMIT", told)
            break
        try:
            left = _take(found, fetch(address), waiting, depth=depth, left=left)
        except SourceMisconfigured as error:
            found.fault("W-SITEMAP-BROKEN", f"one of the sitemaps cannot be read: {error}")
    if left <= 0:
        found.fault("W-SITEMAP-LIMIT", f"over {MAX_BYTES} bytes of sitemaps; the rest was not read")
    if found.broken:
        told = f"{found.broken} entries of the sitemap are no http addresses and were left out"
        found.warnings.append(("W-SITEMAP-ADDRESS", told))
    return found


def _take(
    found: Listing, fetched: Fetched, waiting: list[tuple[str, int]], *, depth: int, left: int
) -> int:
    """Read one file; gives how many bytes may still be read."""
    body = _unpacked(fetched, left)
    if is_list(Fetched(fetched.url, 200, {}, body)):  # sitemaps.org allows plain lists too
        more = lines(Fetched(fetched.url, 200, {}, body))
        for address, changed in more.pages.items():
            _add(found, address, changed, fetched.url)
        return left - len(body)
    read = _begun(body, fetched.url)
    for address, changed in read.entries:
        if read.is_index:
            waiting.append((_joined(fetched.url, address), depth + 1))
        elif not _add(found, address, changed, fetched.url):
            break
    return left - len(body)


def _add(found: Listing, address: str, changed: str | None, base: str) -> bool:
    """Take one page; false when no more are taken."""
    joined = _joined(base, address)
    if not _HTTP.match(joined):
        found.broken += 1
        return True
    if len(found.pages) >= MAX_ADDRESSES and joined not in found.pages:
        if found.whole:
            told = f"only the first {MAX_ADDRESSES} addresses are read; divide the site"
            found.fault("W-SITEMAP-LIMIT", told)
        return False
    found.pages.setdefault(joined, changed)
    return True


def _joined(base: str, address: str) -> str:
    bare = address.partition("#")[0]
    if bare.startswith(("http://", "https://")):
        return bare
    try:
        return urljoin(base, bare)
    except ValueError:
        return ""


def _unpacked(fetched: Fetched, left: int) -> bytes:
    """The file itself; a gzip file is unpacked in pieces, so that a bomb is seen in time."""
    if fetched.body[:2] != b"\x1f\x8b":
        return fetched.body
    body = bytearray()
    for piece in answers.decoded(iter([fetched.body]), "gzip", url=fetched.url):
        body += piece
        if len(body) > left:
            raise SourceMisconfigured(f"{fetched.url}: over {left} bytes when unpacked")
    return bytes(body)


def _begun(body: bytes, where: str) -> _File:
    body = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _DECLARATION.search(body):
        raise SourceMisconfigured(f"{where}: a DOCTYPE is refused; leave it out")
    events = etree.iterparse(
        io.BytesIO(body),
        events=("start", "end"),
        tag=("{*}urlset", "{*}sitemapindex", "{*}url", "{*}sitemap"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        _, root = next(iter(events))
    except StopIteration as error:
        raise SourceMisconfigured(f"{where}: the XML is no sitemap") from error
    except etree.XMLSyntaxError as error:
        raise SourceUnavailable(f"{where}: the sitemap is cut or broken: {error}") from error
    if root.getparent() is not None or not root.tag.endswith(("urlset", "sitemapindex")):
        raise SourceMisconfigured(f"{where}: not a sitemap: the root is not a urlset")
    return _File(root.tag.endswith("sitemapindex"), _entries(events, where))


def _entries(events: etree.iterparse, where: str) -> Iterator[tuple[str, str | None]]:
    """(address, last change) of each entry. Raises ``SourceUnavailable`` when it is cut."""
    try:
        for event, element in events:
            parent = element.getparent()
            if event != "end" or parent is None:
                continue
            address, changed = element.findtext("{*}loc"), element.findtext("{*}lastmod")
            if address and address.strip():
                yield address.strip(), (changed or "").strip() or None
            element.clear()
            while element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError as error:
        raise SourceUnavailable(f"{where}: the sitemap is cut or broken: {error}") from error
