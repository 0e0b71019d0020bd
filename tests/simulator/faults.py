"""What goes wrong between a feed and its reader, for any feed served over HTTP.

A fault takes the good answer and the address of the server, and gives what is sent instead. Each is
of a kind that real servers, or people who mean harm, have shown.
"""

import gzip
import itertools
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from tests.simulator.feeds import Answer

Fault: TypeAlias = Callable[[bytes], Answer]

MEBIBYTE = 1 << 20


def cut(good: bytes) -> Answer:
    """Half of the body, then the connection is closed."""
    return 200, {"Content-Length": str(len(good))}, good[: len(good) // 2]


def cut_unsaid(good: bytes) -> Answer:
    """Half of the body, which says that it is all."""
    return good[: len(good) // 2]


def cut_in_the_last_tag(good: bytes) -> Answer:
    """All but the last byte, which says that it is all."""
    return good.rstrip()[:-1]


def longer_than_said(good: bytes) -> Answer:
    """A Content-Length that leaves off the end."""
    return 200, {"Content-Length": str(len(good) * 2 // 3)}, good


def length_of_no_number(good: bytes) -> Answer:
    return 200, {"Content-Length": "plenty"}, good


def slow_drip(good: bytes) -> Answer:
    """The body, a byte at a time, and then blanks for ever."""
    return 200, {"Connection": "close"}, _for_ever(good)


def empty(_: bytes) -> Answer:
    return b""


def another_page(_: bytes) -> Answer:
    """What a proxy says of itself, with the status of success."""
    return 200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html><body>Log in</body></html>"


def bomb(_: bytes) -> Answer:
    """40 MiB of gzip, which would be 40 GiB."""
    return 200, {"Content-Encoding": "gzip", "Connection": "close"}, _zeros(40 * MEBIBYTE)


def broken_gzip(good: bytes) -> Answer:
    return 200, {"Content-Encoding": "gzip"}, gzip.compress(good)[:-12]


def inside(_: bytes) -> Answer:
    """A redirect to where nobody outside may look."""
    return 302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b""


def elsewhere(_: bytes) -> Answer:
    return 302, {"Location": "http://other.example/"}, b""


def in_circles(_: bytes) -> Answer:
    return 302, {"Location": ""}, b""


def busy(_: bytes) -> Answer:
    return 503, {"Retry-After": "2"}, b"busy"


def forbidden(_: bytes) -> Answer:
    return 403, {}, b"no"


def fallen_over(_: bytes) -> Answer:
    return 500, {}, b"Traceback"


def other_charset(good: bytes) -> Answer:
    """Latin-1, whatever was promised."""
    return good.decode().encode("latin-1", "replace")


def said_to_be_of_another_charset(good: bytes) -> Answer:
    """The right bytes under the wrong name, as many servers send by default."""
    return 200, {"Content-Type": "text/plain; charset=iso-8859-1"}, good


ALL: Mapping[str, Fault] = {
    fault.__name__: fault
    for fault in (
        cut, cut_unsaid, cut_in_the_last_tag, longer_than_said, length_of_no_number, slow_drip,
        empty, another_page, bomb, broken_gzip, inside, elsewhere, in_circles, busy, forbidden,
        fallen_over, other_charset, said_to_be_of_another_charset,
    )
}  # fmt: skip


def _for_ever(good: bytes) -> Iterator[bytes]:
    yield from (good[at : at + 1] for at in range(len(good) - 1))
    yield from itertools.repeat(b" ")


def _zeros(size: int) -> Iterator[bytes]:
    """So many bytes of gzip in one stream."""
    packer = zlib.compressobj(9, wbits=31)
    piece, made = bytes(16 * MEBIBYTE), 0
    while made < size:
        packed = packer.compress(piece)
        made += len(packed)
        yield packed
