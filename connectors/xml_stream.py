"""Large XML that strangers wrote, element by element, as strictly as ``connectors.xml``.

The text is there whole; the tree never is. A document that is not whole raises when the fault is
reached, so whoever must know beforehand goes through it once without keeping anything.
"""

import re
from collections.abc import Iterator
from io import BytesIO

from lxml import etree

from connectors import xml
from connectors.contract import SourceMisconfigured, SourceUnavailable

_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?\bencoding\s*=\s*[\"']([^\"']{1,40})[\"']")
_OPENED = re.compile(rb"<([A-Za-z_][\w.:-]{0,100})")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)


class Stream:
    """One document. ``warnings`` are (code, message) pairs about what was mended."""

    def __init__(self, body: bytes, *, where: str) -> None:
        """Raises ``SourceMisconfigured`` for a web page."""
        warnings: list[tuple[str, str]] = []
        whole = xml.cleaned(body, where=where, warnings=warnings)
        whole = _in_its_encoding(whole, warnings)
        self._body = _without_what_follows(whole, warnings)
        self._where = where
        self.root = ""
        """The root's local name, once the document has been gone through."""
        self.warnings = tuple(warnings)

    def elements(self, *names: str) -> Iterator[xml.Element]:
        """Every whole element of these local names, in the order in which they end.

        One that lies in none of the same kind is emptied when the next is asked for. Raises
        ``SourceUnavailable`` where the document is cut or broken, ``SourceMisconfigured`` for a
        DOCTYPE.
        """
        found = etree.iterparse(
            BytesIO(self._body),
            events=("end",),
            tag=[f"{{*}}{name}" for name in names],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            for _, element in found:
                self._refuse_doctype(element)
                yield element
                _empty(element, names)
        except etree.XMLSyntaxError as error:
            raise SourceUnavailable(f"{self._where}: the XML is cut or broken: {error}") from error
        self._refuse_doctype(found.root)
        self.root = xml.name(found.root)

    def _refuse_doctype(self, element: xml.Element) -> None:
        if element.getroottree().docinfo.internalDTD is not None:
            raise SourceMisconfigured(f"{self._where}: a DOCTYPE is refused; leave it out")


def _empty(element: xml.Element, names: tuple[str, ...]) -> None:
    """Give back what an element held, unless one that holds it is still to come."""
    if any(xml.name(above) == names[0] for above in element.iterancestors()):
        return
    element.clear()
    above, before = element.getparent(), element.getprevious()
    if above is not None and before is not None and xml.name(before) == names[0]:
        above.remove(before)


def _in_its_encoding(body: bytes, warnings: list[tuple[str, str]]) -> bytes:
    """Mend what says UTF-8 and was written on a Windows machine, as many such feeds were."""
    declared = _DECLARED.search(body[:200])
    if (declared and declared[1].lower() not in (b"utf-8", b"utf8")) or b"\x00" in body[:4]:
        return body
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
    else:
        return body
    try:
        mended = body.decode("windows-1252").encode()
    except UnicodeDecodeError:
        return body
    told = f"the text says it is UTF-8 and is not (line {line}); it was read as Windows-1252"
    warnings.append(("W-XML-ENCODING", told))
    return mended


def _without_what_follows(body: bytes, warnings: list[tuple[str, str]]) -> bytes:
    """Leave out what a script printed after the root element."""
    opened = _OPENED.search(body)
    closed = body.rfind(b"</" + opened[1]) if opened else -1
    end = body.find(b">", closed) + 1
    if closed < 0 or end == 0:
        return body
    junk = _COMMENT.sub(b"", body[end:]).decode("utf-8", "replace").strip()
    if junk:
        told = f"text after the end of the document was ignored: {junk[:120]}"
        warnings.append(("W-XML-TRAILING", told))
    return body[:end]
