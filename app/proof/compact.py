"""A record small enough for a printed code: ``pack`` to digits, ``unpack`` to the record's JSON.

A code on paper must be read by a phone a few years old, so every byte counts. The record's JSON is
written canonically (RFC 8785), what does not compress (UUIDs, hashes, salts, the signature) is
lifted out of the text and kept as bytes, and the rest is deflated (RFC 1951) against a dictionary
of what every record says (``app.proof.dictionaries``). Nothing is left out: what comes back is the
same JSON value, its proof included, so the code alone is enough to verify with no network.

The payload is one byte naming the dictionary, the deflated text, and the lifted bytes in the order
of their places. It is written in decimal digits, 39 bytes to 94 digits. A QR code spends 10 bits
on three digits (ISO/IEC 18004, numeric mode), so a byte costs 8.03 bits, against 8.25 in base45 and
10.7 in base64url; and digits, unlike base45, stand in the fragment of a web address as they are.
That is how a certificate prints them, ``https://NODE/verify#DIGITS``: any phone's camera opens the
verify page, a fragment is not sent when a page is asked for, and a verifier without a network reads
the digits after the ``#``.

``unpack`` trusts nothing: sizes are bounded before and after inflating, the version must be known,
nothing may follow the end, and the text must be canonical JSON, so that a record has one reading.
"""

import re
import zlib
from collections.abc import Iterator

import rfc8785

from app.proof.dictionaries import BY_VERSION, NEWEST
from app.proof.encoding import base58_decode, base58_encode, base64url_decode, base64url_encode
from app.proof.errors import ProofError
from app.proof.parse import JSON, RECORD, Object, load_object

_BLOCK = 39
_WIDTHS = tuple(len(str(256**size - 1)) if size else 0 for size in range(_BLOCK + 1))
"""How many digits so many bytes take."""
_BYTES = {width: size for size, width in enumerate(_WIDTHS)}
_FULL = _WIDTHS[_BLOCK]
MOST_DIGITS = (2 * RECORD.size // _BLOCK) * _FULL
"""Nothing that unpacks to a record is longer."""
_DIGITS = re.compile(r"[0-9]+", re.ASCII)

# Canonical JSON holds no control character (RFC 8785 writes them as escapes): each can be a sign.
# The first stand for lifted bytes; the record's own id is in it many times and has its own sign.
_OWN_ID, _UUID, _HASH, _SIGNATURE, _SALT = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
_SIZES = {_UUID: 16, _HASH: 32, _SIGNATURE: 64, _SALT: 16}
# These stand for the texts said once, in the order of ``_repeated``; the last ends each of them.
_SAID = (b"\x06", b"\x07", b"\x08", b"\x0b", b"\x0c", b"\x0e")
_END = b"\x1f"
_SIGN = re.compile(rb"[\x00-\x1f]")
_HEX = rb"[0-9a-f]"
_LIFTED = re.compile(
    rb"(?P<uuid>(?<![0-9a-f])%(h)s{8}-%(h)s{4}-%(h)s{4}-%(h)s{4}-%(h)s{12}(?![0-9a-f]))"
    rb"|(?P<hash>(?<![0-9a-f])%(h)s{64}(?![0-9a-f]))"
    rb'|(?<=")(?P<signature>z[1-9A-HJ-NP-Za-km-z]{64,88})(?=")'
    rb'|(?<=")(?P<salt>[A-Za-z0-9_-]{22})(?=")' % {b"h": _HEX}
)
_SHORTEST = 3
"""A text shorter than this costs more to say ahead than to repeat."""
_OWN = re.compile(r"urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def pack(record: bytes) -> str:
    """Give the digits for a record's JSON. Raises ``ProofError`` when it is not a JSON object."""
    document = load_object(record)
    try:
        text = rfc8785.dumps(document)
    except rfc8785.CanonicalizationError as error:
        raise ProofError(
            "compact-not-canonical", f"The record has no one form: {error}."
        ) from error
    load_object(text)  # it may be longer than it was, and a number written so that it is refused
    own = _own_id(document)
    lifted = bytearray(bytes.fromhex(own.replace("-", "")) if own else b"")
    said, template = _say_once(document, text)
    template = _LIFTED.sub(lambda found: _lift(found, lifted, own=own.encode()), template)
    deflated = _deflate(said + template, BY_VERSION[NEWEST])
    return _write(bytes([NEWEST]) + deflated + lifted)


def unpack(digits: str) -> bytes:
    """Give the record's JSON, in its canonical form. Raises ``ProofError``."""
    payload = _read(digits)
    dictionary = BY_VERSION.get(payload[0])
    if dictionary is None:
        raise ProofError("compact-version", f"The code is of an unknown version, {payload[0]}.")
    inflating = zlib.decompressobj(wbits=-15, zdict=dictionary)
    try:
        inflated = inflating.decompress(payload[1:], RECORD.size + 1)
    except zlib.error as error:
        raise ProofError("compact-damaged", "The code is damaged.") from error
    if not inflating.eof:
        raise ProofError("compact-damaged", "The code is cut short, or holds more than a record.")
    *said, template = inflated.split(_END)
    text = _put_back(template, said, inflating.unused_data)
    document = load_object(text)
    try:
        canonical = rfc8785.dumps(document)
    except rfc8785.CanonicalizationError as error:
        raise ProofError("compact-not-canonical", f"The code holds no record: {error}.") from error
    if canonical != text:
        raise ProofError("compact-not-canonical", "The code's text is not in its one form.")
    return text


def _own_id(document: Object) -> str:
    """The record's UUID, or nothing when it has another kind of id."""
    found = document.get("id")
    match = _OWN.fullmatch(found) if isinstance(found, str) else None
    return match[1] if match else ""


def _repeated(document: Object) -> list[str]:
    """The texts that a record of ours says in several places; empty where it has none."""
    issuer_id = _text(document, "issuer", "id").split(":")
    return [
        issuer_id[2] if issuer_id[:2] == ["did", "web"] and len(issuer_id) > 2 else "",
        issuer_id[-1] if len(issuer_id) > 3 else "",
        _text(document, "issuer", "name"),
        _text(document, "name"),
        _text(document, "validFrom"),
        _text(document, "credentialStatus", "statusListIndex"),
    ]


def _text(value: JSON, *names: str) -> str:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _say_once(document: Object, text: bytes) -> tuple[bytes, bytes]:
    """The repeated texts, each with its end, and the text with signs in their places."""
    said = [rfc8785.dumps(each)[1:-1] for each in _repeated(document)]
    for place in sorted(range(len(said)), key=lambda place: -len(said[place])):
        if said[place] in said[:place] or len(said[place]) < _SHORTEST:
            said[place] = b""
        if said[place]:
            whole = rb"(?<![A-Za-z0-9])%s(?![A-Za-z0-9])" % re.escape(said[place])
            text = re.sub(whole, _SAID[place], text)
    return b"".join(each + _END for each in said), text


def _lift(found: re.Match[bytes], lifted: bytearray, *, own: bytes) -> bytes:
    """The sign that stands for a value, when the value can be told again from its bytes."""
    text = found[0]
    if text == own:
        return _OWN_ID
    sign, raw = text, b""
    try:
        if found["uuid"]:
            sign, raw = _UUID, bytes.fromhex(text.replace(b"-", b"").decode())
        elif found["hash"]:
            sign, raw = _HASH, bytes.fromhex(text.decode())
        elif found["signature"]:
            sign, raw = _SIGNATURE, base58_decode(text[1:].decode())
        else:
            sign, raw = _SALT, base64url_decode(text.decode())
    except ProofError:
        return text
    if len(raw) != _SIZES[sign]:
        return text
    lifted += raw
    return sign


def _put_back(template: bytes, said: list[bytes], lifted: bytes) -> bytes:
    """The text with everything in its place again."""
    if len(said) != len(_SAID):
        raise ProofError("compact-damaged", "The code does not begin as a record's does.")
    texts = dict(zip(_SAID, said, strict=True))
    own, place = b"", 0
    if _OWN_ID in template:
        own, place = _uuid(lifted[:16]), 16
    pieces: list[bytes] = []
    size = end = 0
    for found in _SIGN.finditer(template):
        if found[0] == _OWN_ID:
            value = own
        elif found[0] in texts:
            value = texts[found[0]]
        elif found[0] in _SIZES:
            width = _SIZES[found[0]]
            value, place = _value(found[0], lifted[place : place + width]), place + width
        else:
            raise ProofError("compact-damaged", "The code holds a sign that means nothing.")
        pieces += [template[end : found.start()], value]
        size += found.start() - end + len(value)
        end = found.end()
        if size > RECORD.size:
            raise ProofError("compact-too-large", "The code holds more than a record can be.")
    if place != len(lifted):
        raise ProofError("compact-damaged", "The code does not end where its record ends.")
    return b"".join([*pieces, template[end:]])


def _value(sign: bytes, raw: bytes) -> bytes:
    if sign == _UUID:
        return _uuid(raw)
    if sign == _HASH:
        return raw.hex().encode()
    return ("z" + base58_encode(raw) if sign == _SIGNATURE else base64url_encode(raw)).encode()


def _uuid(raw: bytes) -> bytes:
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])).encode()


def _deflate(text: bytes, dictionary: bytes) -> bytes:
    """The smallest that the library makes of it; which of its ways that is differs by record."""
    ways = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_FIXED)
    packers = [
        zlib.compressobj(9, zlib.DEFLATED, -15, memory, way, dictionary)
        for way in ways
        for memory in (8, 9)
    ]
    return min((packer.compress(text) + packer.flush() for packer in packers), key=len)


def _write(payload: bytes) -> str:
    blocks = (payload[start : start + _BLOCK] for start in range(0, len(payload), _BLOCK))
    return "".join(str(int.from_bytes(block, "big")).zfill(_WIDTHS[len(block)]) for block in blocks)


def _read(digits: str) -> bytes:
    if len(digits) > MOST_DIGITS:
        raise ProofError("compact-too-large", "The code is longer than that of any record.")
    if not _DIGITS.fullmatch(digits):
        raise ProofError("compact-digits", "A code is written in the digits 0 to 9 alone.")
    return b"".join(_blocks(digits))


def _blocks(digits: str) -> Iterator[bytes]:
    for start in range(0, len(digits), _FULL):
        block = digits[start : start + _FULL]
        size = _BYTES.get(len(block))
        if size is None or int(block) >= 256**size:
            raise ProofError("compact-digits", "A digit of the code is missing or wrong.")
        yield int(block).to_bytes(size, "big")
