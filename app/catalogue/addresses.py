"""Web addresses that somebody else wrote: which may be shown, and which two are the same page.

``shown`` keeps an address as its owner wrote it, once it is known to be http(s) and harmless;
``match_key`` is for comparing only and is never shown or fetched.
"""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from w3lib.url import safe_url_string

MAX_LENGTH = 2000
_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|yclid|igshid|phpsessid|jsessionid)$",
    re.IGNORECASE,
)
_HOST = re.compile(r"^(?=.{1,253}$)[^\s/?#@:\\<>\"'`{}|^%]+$")
_OWN_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
"""Names of one's own machine or house (RFC 6761, RFC 6762, RFC 8375, ICANN's .internal)."""
_NUMBER_AT_END = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)$")
"""Another way to write an IPv4 address, as browsers read it (WHATWG URL, "ends in a number")."""
_BARE = re.compile(r"^(www\.)?([a-z0-9-]+\.)+[a-z]{2,}(/|$)", re.IGNORECASE)

_PLAIN = re.compile(
    r"https?://((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24})((?:/[A-Za-z0-9._~/-]*)?)\Z"
)
"""As most addresses of courses are: nothing to escape, no port, no query, no fragment."""
_MAX_PLAIN = 253


def shown(text: str) -> str | None:
    """The address in its safe form; ``None`` if it is not a usable http(s) address."""
    text = text.strip()
    if len(text) <= _MAX_PLAIN and _PLAIN.match(text):
        return text
    if not text or len(text) > MAX_LENGTH:
        return None
    try:
        parts = urlsplit(text)
        if not _usable(parts):
            return None
        safe = str(safe_url_string(text))
        return safe if len(safe) <= MAX_LENGTH and _usable(urlsplit(safe)) else None
    except ValueError:  # a port or an address in brackets that is none
        return None


def is_public(url: str) -> bool:
    """Whether an address in its safe form looks like one that everybody can reach.

    By its writing alone: nothing is looked up, and nothing is fetched.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not (host.endswith(_OWN_NAMES) or _NUMBER_AT_END.search(host))


def with_scheme(text: str) -> str | None:
    """``example.org/course`` with the scheme its writer left out."""
    return shown(f"https://{text.strip()}") if _BARE.match(text.strip()) else None


def match_key(url: str) -> str | None:
    """What two addresses of one page have in common; ``None`` for the front page of a site.

    A site's front page stands in many catalogues as the address of every course, so that it says
    nothing of which course is meant.
    """
    if len(url) <= _MAX_PLAIN and (plain := _PLAIN.match(url)):
        path = _path(plain[2])
        return plain[1].removeprefix("www.") + path if path else None
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    port = parts.port
    if port and port != {"http": 80, "https": 443}[parts.scheme]:
        host = f"{host}:{port}"
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.match(name)
    )
    path = _path(parts.path)
    fragment = parts.fragment if parts.fragment.startswith(("/", "!")) else ""
    if not (path or query or fragment):
        return None
    return f"{host}{path}?{urlencode(query)}#{fragment}".removesuffix("#").removesuffix("?")


def _path(path: str) -> str:
    """Without doubled slashes, and without the name of a folder's own page."""
    return re.sub(r"/(index\.(html?|php))?$", "", re.sub(r"/{2,}", "/", path))


def _usable(parts: SplitResult) -> bool:
    return (
        parts.scheme in {"http", "https"}
        and parts.username is None
        and parts.password is None
        and bool(parts.hostname and (_HOST.match(parts.hostname) or "[" in parts.netloc))
        and (parts.port is None or parts.port > 0)
    )
