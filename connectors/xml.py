"""Strict reading of XML that strangers wrote.

A document is whole or it is refused: nothing is recovered, so a cut answer can never look like the
end of a list. A DOCTYPE is refused, entities are not expanded, nothing is fetched, depth and text
size are limited by libxml2. Two faults of real servers are mended, each with a warning: control
characters that XML 1.0 §2.2 forbids, and text that a script printed after the root element.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

from connectors.contract import SourceMisconfigured, SourceUnavailable

Element = etree._Element  # noqa: SLF001  lxml's class of elements has no public name

_CONTROL = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]"
    rb"|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]));"
)
_FORBIDDEN = bytes({*range(0x20)} - {0x09, 0x0A, 0x0D})
_IDENTIFIER = re.compile(rb"identifier>\s*([^<\s][^<]{0,300})")
_WEB_PAGE = re.compile(rb"(?is)\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html)\b")


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document; ``warnings`` are (code, message) pairs about what was mended."""

    root: Element
    warnings: tuple[tuple[str, str], ...] = ()


def parse(body: bytes, *, where: str) -> Document:
    """Read ``body``; ``where`` names it in messages.

    Raises ``SourceUnavailable`` when it is not whole and ``SourceMisconfigured`` when it is
    something else than plain XML.
    """
    warnings: list[tuple[str, str]] = []
    whole = cleaned(body, where=where, warnings=warnings)
    try:
        root = _strictly(whole, where)
    except etree.XMLSyntaxError as error:
        root = _without_trailing_text(whole, error, where, warnings)
    return Document(root, tuple(warnings))


def cleaned(body: bytes, *, where: str, warnings: list[tuple[str, str]]) -> bytes:
    """The text to parse. Raises ``SourceMisconfigured`` for a web page."""
    if _WEB_PAGE.match(body):
        raise SourceMisconfigured(f"{where}: a web page came where XML was expected")
    return _without_control_characters(body.lstrip(b" \t\r\n"), warnings)


def _strictly(body: bytes, where: str) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(body, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise SourceMisconfigured(f"{where}: a DOCTYPE is refused; leave it out")
    return root


def _without_control_characters(body: bytes, warnings: list[tuple[str, str]]) -> bytes:
    if b"\x00" in body[:4] or body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body  # UTF-16 or UTF-32: these bytes are halves of characters
    if b"&#" not in body and len(body.translate(None, _FORBIDDEN)) == len(body):
        return body  # an expression that asks for both takes longer than all parsing
    first = _CONTROL.search(body)
    if first is None:
        return body
    cleaned, count = _CONTROL.subn(b"", body)
    before = body[: first.start()]
    near = _IDENTIFIER.findall(before)
    record = f" in record {near[-1].decode('utf-8', 'replace').strip()}" if near else ""
    line = before.count(b"\n") + 1
    message = f"{count} control character(s) that XML forbids were removed, the first{record}"
    warnings.append(("W-XML-CONTROL", f"{message} (line {line})"))
    return cleaned


def _without_trailing_text(
    body: bytes, error: etree.XMLSyntaxError, where: str, warnings: list[tuple[str, str]]
) -> Element:
    """Read up to the end of the root element, if what follows is all that is wrong."""
    broken = SourceUnavailable(f"{where}: the XML is cut or broken: {error}")
    if getattr(error, "code", None) != etree.ErrorTypes.ERR_DOCUMENT_END:
        raise broken from error
    opened = re.search(rb"<([A-Za-z_][\w.:-]*)", body)
    closed = body.rfind(b"</" + opened[1]) if opened else -1
    end = body.find(b">", closed) + 1
    if closed < 0 or end == 0:
        raise broken from error
    try:
        root = _strictly(body[:end], where)
    except etree.XMLSyntaxError:
        raise broken from error
    junk = body[end : end + 120].decode("utf-8", "replace").strip()
    warnings.append(("W-XML-TRAILING", f"text after the end of the document was ignored: {junk}"))
    return root


def name(element: Element) -> str:
    """The local name in lower case: formats are told apart by shape, not by namespace."""
    return _local_name(element.tag)


@lru_cache(maxsize=256)
def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def find_all(element: Element, *path: str) -> Iterator[Element]:
    """Descendants along ``path``, a lower-case local name for each step."""
    if not path:
        yield element
        return
    first, *others = path
    for child in element.iterchildren("*"):
        if _local_name(child.tag) == first:
            if others:
                yield from find_all(child, *others)
            else:
                yield child


def find(element: Element, *path: str) -> Element | None:
    """The first of ``find_all``."""
    return next(find_all(element, *path), None)


def text(element: Element | None) -> str:
    """All text inside, without the space around it."""
    if element is None:
        return ""
    if len(element) == 0:  # as nearly all are
        return (element.text or "").strip()
    return "".join(map(str, element.itertext("*"))).strip()


def as_text(element: Element) -> str:
    """The element as XML, with every namespace it needs."""
    return etree.tostring(element, encoding="unicode", with_tail=False)
