"""What an HTTP answer says: its coding undone, its status judged, when to come back.

Pure functions for ``connectors.http``; nothing here opens a connection or reads a clock.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

from connectors.contract import Fetched, SourceMisconfigured, SourceUnavailable

COME_BACK = frozenset({429, 503})
TRANSIENT = frozenset({408, 425, 429})


def decoded(chunks: Iterator[bytes], coding: str, *, url: str) -> Iterator[bytes]:
    """Undo gzip in pieces of 64 KiB, so that a bomb is seen before it has grown."""
    if coding in ("", "identity"):
        yield from chunks
        return
    if coding not in ("gzip", "x-gzip"):
        raise SourceMisconfigured(f"{url}: the coding {coding!r} was not asked for")
    decoder = zlib.decompressobj(wbits=31)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if decoder.eof:  # a gzip file may have several members, RFC 1952 §2.2
                    decoder = zlib.decompressobj(wbits=31)
                yield decoder.decompress(rest, 65536)
                rest = decoder.unconsumed_tail or decoder.unused_data
    except zlib.error as error:
        raise SourceUnavailable(f"{url}: the answer is broken gzip: {error}") from error
    if not decoder.eof:
        raise SourceUnavailable(f"{url}: the answer is cut: its gzip does not end")


def judged(answer: Fetched, accept: Sequence[int]) -> Fetched:
    """The answer, or the error that its status stands for. Raises as ``Fetch`` says."""
    if answer.status in accept or 200 <= answer.status < 300:
        return answer
    message = f"{answer.url} answered {answer.status}"
    if answer.status >= 500 or answer.status in TRANSIENT:
        raise SourceUnavailable(message)
    raise SourceMisconfigured(message)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait; a date is read against the answer's own ``Date``, not our clock."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    until, since = _date(text), _date(headers.get("date", ""))
    if until is None or since is None:
        return None
    return max(0.0, (until - since).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):  # all seen on broken dates
        return None
    return found if found.tzinfo else None
