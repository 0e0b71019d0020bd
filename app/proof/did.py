"""did:web identifiers and the addresses they stand for (W3C CCG, did:web method).

Only names are computed; nothing is fetched here, and nobody's address is judged: whoever fetches
must guard the request himself.
"""

import re
from urllib.parse import quote, unquote, urlsplit

from app.proof.errors import ProofError

_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
_SEGMENT = r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+"
_DID_WEB = re.compile(
    rf"did:web:(?P<host>{_HOST})(?:%3A(?P<port>[0-9]{{1,5}}))?(?P<path>(?::{_SEGMENT})*)"
)
_LARGEST_PORT = 65535


def did_web_url(did: str) -> str:
    """Where the DID document of ``did`` is: always https."""
    match = _DID_WEB.fullmatch(did)
    if match is None:
        raise ProofError("did-malformed", f"{did!r} is not a did:web identifier.")
    segments = match["path"].split(":")[1:]
    if any(unquote(segment) in {".", ".."} or "/" in unquote(segment) for segment in segments):
        raise ProofError("did-malformed", f"{did!r} has a path that leaves its folder.")
    host = match["host"].lower() + (f":{_port(match['port'])}" if match["port"] else "")
    return f"https://{host}/" + "/".join(segments or [".well-known"]) + "/did.json"


def did_web(url: str, *path: str) -> str:
    """The did:web of the party whose document is under ``url``, at ``path`` below it.

    ``did_web("https://node.example", "societies", "cse")`` is
    ``did:web:node.example:societies:cse``.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ProofError("did-malformed", f"{url!r} is not a URL.") from error
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        raise ProofError("did-malformed", f"{url!r} is not the http(s) address of a node.")
    segments = [segment for segment in parts.path.split("/") if segment]
    names = [quote(unquote(segment), safe="") for segment in (*segments, *path)]
    did = "did:web:" + ":".join([host + (f"%3A{port}" if port else ""), *names])
    did_web_url(did)
    return did


def without_fragment(did_url: str) -> str:
    """The DID that a DID URL such as ``did:web:node.example#key-1`` begins with."""
    return did_url.partition("#")[0]


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port <= _LARGEST_PORT:
        raise ProofError("did-malformed", f"{text} is not a port.")
    return port
