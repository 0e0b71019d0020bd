"""Whatever a person has of a record, and the record's bytes in it.

A record travels as its JSON, as a token (``vc+jwt``), inside a PNG or an SVG (Open Badges baking),
attached to the PDF of a certificate, or as a printed code: the address in it, or its digits alone.
``find_record`` tells these apart by their first bytes, never by a name or a declared type, and says
nothing of whether the record holds; ``verify`` does, on what this gives.

Of PDF only as much is read as finding an attachment takes (ISO 32000-1, 7.11.4): file streams
that are written plainly or deflated, in a document that is not encrypted. That is what
our own certificates are, also after other programs saved them again.
"""

import re
import zlib
from collections.abc import Iterator

from app.proof.baking import MOST_BYTES, PNG_SIGNATURE, unbake_png, unbake_svg
from app.proof.compact import unpack
from app.proof.errors import ProofError

_MOST_ATTACHED = 1024 * 1024
_MOST_FILES = 20
_NEAR = 2048
_ATTACHED = re.compile(rb"/Type\s{0,8}/EmbeddedFile(?![A-Za-z])")
_LENGTH = re.compile(rb"/Length\s{1,8}([0-9]{1,9})(?!\s+[0-9]+\s+R)")
_FLATE = re.compile(rb"/Filter\s{0,8}(?:/FlateDecode\b|\[\s{0,8}/FlateDecode\s{0,8}\])")
_TOKEN = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_CODE = re.compile(rb"(?:https?://[^#]{1,2000}#)?([0-9]{20,})", re.IGNORECASE)
_SPACE = b" \t\r\n"
_MARK = b"\xef\xbb\xbf"


def find_record(data: bytes) -> bytes:
    """Give the record in ``data``; what is no other form is given back, for ``verify`` to judge.

    Raises ``ProofError`` when an image, a PDF or a code is damaged or holds no record.
    """
    if len(data) > MOST_BYTES:
        raise ProofError("form-too-large", f"The file is larger than {MOST_BYTES} bytes.")
    if data.startswith(PNG_SIGNATURE):
        return unbake_png(data)
    if b"%PDF-" in data[:1024]:
        return _attached(data)
    text = data.removeprefix(_MARK).strip(_SPACE)
    if text.startswith(b"<") and b"svg" in text:
        return unbake_svg(text)
    if _TOKEN.fullmatch(text):
        return text
    if code := _CODE.fullmatch(b"".join(text.split())):
        return unpack(code[1].decode())
    return data


def _attached(document: bytes) -> bytes:
    """The one record among the files attached to a PDF."""
    if b"/Encrypt" in document:
        raise ProofError("pdf-encrypted", "The PDF is encrypted; its record cannot be read.")
    found = {file for file in _files(document) if file.startswith(b"{") or _TOKEN.fullmatch(file)}
    if not found:
        raise ProofError(
            "pdf-without-record",
            "The PDF holds no record. Printing or scanning one loses it; use its code instead.",
        )
    if len(found) > 1:
        raise ProofError("pdf-several-records", "The PDF holds more than one record.")
    return found.pop()


def _files(document: bytes) -> Iterator[bytes]:
    """The files attached to a PDF, as far as they are written in a way that is read here."""
    for number, match in enumerate(_ATTACHED.finditer(document)):
        if number == _MOST_FILES:
            raise ProofError("pdf-several-records", "The PDF holds too many files to be looked at.")
        begin = document.rfind(b"obj", max(0, match.start() - _NEAR), match.start())
        end = document.find(b"stream", match.end(), match.end() + _NEAR)
        if begin < 0 or end < 0:
            continue
        end += len(b"stream")
        end += 2 if document[end : end + 2] == b"\r\n" else 1
        content = _content(document[begin:end], document[end : end + _MOST_ATTACHED])
        if content is not None:
            yield content.strip(_SPACE)


def _content(head: bytes, body: bytes) -> bytes | None:
    """What a stream holds: ``body`` begins with it and goes on beyond it."""
    if b"/Filter" not in head:
        length = _LENGTH.search(head)
        end = int(length[1]) if length else body.find(b"endstream")
        return body[:end] if 0 <= end <= len(body) else None
    if not _FLATE.search(head):
        return None
    inflating = zlib.decompressobj()
    try:
        content = inflating.decompress(body, _MOST_ATTACHED)
    except zlib.error:
        return None
    return content if inflating.eof else None
