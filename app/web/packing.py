"""Answers made small for the way (gzip): our static files, and pages that are the same for all.

A page that shows what only its reader may see is left as it is: how small an answer gets tells
whoever can make the reader's browser ask about what stands in it beside what he put there himself
(the attack called BREACH).
"""

import gzip

from starlette.requests import Request
from starlette.responses import Response

LEAST = 1_000
"""Below it, nothing is gained on the way."""
_PAGE_LEVEL = 5
"""Beyond it, a page of 50 kB takes twice as long and gets one hundredth smaller."""


def takes_gzip(request: Request) -> bool:
    """Whether the reader's browser unpacks gzip (RFC 9110 §12.5.3)."""
    for part in request.headers.get("accept-encoding", "")[:500].lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False


def squeezed(data: bytes) -> bytes:
    """A file as small as it gets, always the same bytes."""
    return gzip.compress(data, 9, mtime=0)


def packed(request: Request, answer: Response) -> Response:
    """``answer``, made small where that is understood and worth it."""
    vary = answer.headers.get("vary")
    answer.headers["vary"] = f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"
    if takes_gzip(request) and len(answer.body) >= LEAST:
        answer.body = gzip.compress(bytes(answer.body), _PAGE_LEVEL, mtime=0)
        answer.headers["content-encoding"] = "gzip"
        answer.headers["content-length"] = str(len(answer.body))
    return answer
