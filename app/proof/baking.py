"""Records inside images: Open Badges 3.0, section 5.3 ("baking"), for PNG and SVG.

A PNG carries the record in an ``iTXt`` chunk with the keyword ``openbadgecredential`` (PNG, third
edition, 11.3.3.4), never compressed; an SVG carries it in one ``<openbadges:credential>`` below its
root: a token in the attribute ``verify``, JSON as text. ``bake_*`` puts a record in, ``unbake_*``
takes it out. Neither looks at the picture, and neither says whether the record holds.

An image comes from anybody. So sizes and counts are bounded, every chunk's checksum is checked, a
compressed chunk is refused rather than inflated (the standard forbids it), and an SVG is read
without ever defining an entity: a document type with definitions of its own is refused.
"""

import re
import struct
from collections.abc import Iterator
from xml.parsers import expat
from xml.sax.saxutils import quoteattr
from zlib import crc32

from app.proof.errors import ProofError

MOST_BYTES = 8 * 1024 * 1024
KEYWORD = b"openbadgecredential"
NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SVG_NAMESPACE = "http://www.w3.org/2000/svg"
_MOST_CHUNKS = 10_000
_DEEPEST = 200
_START_TAG = re.compile(rb"""<[^\s/>]+(?P<rest>(?:[^>"']|"[^"]*"|'[^']*')*)>""")
_TOKEN = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def bake_png(image: bytes, record: bytes) -> bytes:
    """Give the PNG with the record in it. Raises ``ProofError``, also when it holds one already."""
    chunks = list(_chunks(image))
    if any(_credential(kind, data) is not None for kind, data in chunks):
        raise ProofError("image-several-records", "The image holds a record already.")
    # keyword, end, not compressed, method, no language, no translated keyword, text
    baked = KEYWORD + b"\0\0\0\0\0" + record
    whole = [*chunks[:-1], (b"iTXt", baked), chunks[-1]]
    return PNG_SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))
        for kind, data in whole
    )


def unbake_png(image: bytes) -> bytes:
    """Give the record in a PNG. Raises ``ProofError`` when there is not exactly one."""
    return _only([
        found for kind, data in _chunks(image) if (found := _credential(kind, data)) is not None
    ])  # fmt: skip


def bake_svg(image: bytes, record: bytes) -> bytes:
    """Give the SVG with the record in it. Raises ``ProofError``, also when it holds one already."""
    reader = _SVGReader(image)
    if reader.found:
        raise ProofError("image-several-records", "The image holds a record already.")
    tag = _START_TAG.match(image, reader.root_at)
    if tag is None or tag["rest"].endswith(b"/"):
        raise ProofError("image-malformed", "The image's root is empty; there is nothing to see.")
    if _TOKEN.fullmatch(record):
        element = b'<openbadges:credential verify="' + record + b'"/>'
    else:
        text = record.replace(b"]]>", b"]]]]><![CDATA[>")
        element = b"<openbadges:credential><![CDATA[" + text + b"]]></openbadges:credential>"
    end = tag.end() - 1
    declared = f" xmlns:openbadges={quoteattr(NAMESPACE)}".encode()
    baked = image[:end] + declared + b">" + element + image[tag.end() :]
    if unbake_svg(baked) != record:
        raise ProofError("image-record", "The record holds characters that XML cannot carry.")
    return baked


def unbake_svg(image: bytes) -> bytes:
    """Give the record in an SVG. Raises ``ProofError`` when there is not exactly one."""
    return _only(_SVGReader(image).found)


def _only(found: list[bytes]) -> bytes:
    if not found:
        raise ProofError("image-without-record", "The image holds no record.")
    if len(found) > 1:
        raise ProofError("image-several-records", "The image holds more than one record.")
    return found[0]


def _check_size(image: bytes) -> None:
    if len(image) > MOST_BYTES:
        raise ProofError("image-too-large", f"The image is larger than {MOST_BYTES} bytes.")


def _chunks(image: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk up to the last, its length and checksum checked; what follows is no image."""
    _check_size(image)
    if not image.startswith(PNG_SIGNATURE):
        raise ProofError("image-malformed", "The image is not a PNG.")
    place = len(PNG_SIGNATURE)
    for number in range(_MOST_CHUNKS):
        head = image[place : place + 8]
        if len(head) < 8:
            break
        length, kind = struct.unpack(">I4s", head)
        data = image[place + 8 : place + 8 + length]
        check = image[place + 8 + length : place + 12 + length]
        if len(check) < 4 or struct.unpack(">I", check)[0] != crc32(kind + data):
            break
        if (number == 0) != (kind == b"IHDR"):
            break
        yield kind, data
        if kind == b"IEND":
            return
        place += 12 + length
    raise ProofError("image-malformed", "The PNG is cut short or damaged.")


def _credential(kind: bytes, data: bytes) -> bytes | None:
    """The record, if this chunk carries one."""
    keyword, _, rest = data.partition(b"\0")
    if kind != b"iTXt" or keyword != KEYWORD:
        return None
    fields = rest[2:].split(b"\0", 2)
    if len(rest) < 2 or len(fields) < 3:
        raise ProofError("image-malformed", "The PNG's record is not written as text is in a PNG.")
    if rest[0] != 0:
        raise ProofError(
            "image-compressed", "The PNG's record is compressed, which Open Badges forbids."
        )
    return fields[2]


class _SVGReader:
    """One pass over an SVG: where its root is, and the records directly below it."""

    def __init__(self, image: bytes) -> None:
        _check_size(image)
        self.found: list[bytes] = []
        self.root_at = 0
        self._depth = 0
        self._text: list[str] | None = None
        self._parser = parser = expat.ParserCreate(encoding="UTF-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._document_type
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.SkippedEntityHandler = self._entity
        try:
            parser.Parse(image, True)  # noqa: FBT003 - it takes no names
        except expat.ExpatError as error:
            raise ProofError("image-malformed", f"The SVG cannot be read: {error}.") from error

    def _document_type(
        self, _name: str, _system: str | None, _public: str | None, has_own: object
    ) -> None:
        if has_own:
            raise ProofError("image-entities", "The SVG defines entities of its own.")

    def _entity(self, name: str, _is_parameter: object) -> None:
        raise ProofError("image-entities", f"The SVG uses the undefined entity {name!r}.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ProofError("image-too-deep", f"The SVG nests deeper than {_DEEPEST} levels.")
        if self._depth == 1:
            if name != f"{_SVG_NAMESPACE} svg":
                raise ProofError("image-malformed", "The image is XML, but not an SVG.")
            self.root_at = self._parser.CurrentByteIndex
        elif self._depth == 2 and name == f"{NAMESPACE} credential":
            self._text = [attributes.get("verify", "")]
        elif self._text is not None:
            raise ProofError("image-malformed", "The SVG's record holds elements.")

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._text is None:
            return
        token, text = self._text[0].strip(), "".join(self._text[1:]).strip()
        if bool(token) == bool(text):
            raise ProofError("image-malformed", "The SVG's record is empty, or there twice.")
        self.found.append((token or text).encode())
        self._text = None
