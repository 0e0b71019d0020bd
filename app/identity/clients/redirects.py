"""Where a browser may be sent back to after somebody decided about a program. Pure.

An address is compared as text, character by character (RFC 9700 §4.1.3): whatever would need to be
understood to be compared can be misunderstood. The one exception is the port of a loopback address,
which a native app learns only when it starts (RFC 8252 §7.3).
"""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

LONGEST = 1000
MOST = 10
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_REST = r"(?P<rest>/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?|)"
_PORT = r"(?::(?P<port>[1-9][0-9]{0,4}))?"
_WEB = re.compile(rf"https://(?P<host>{_HOST}){_PORT}{_REST}")
_LOOPBACK = re.compile(rf"http://(?P<host>127\.0\.0\.1|\[::1\]){_PORT}{_REST}")
_APP = re.compile(r"(?P<scheme>[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+):/{1,2}[^/].*")
_DOTS = re.compile(r"/(?:\.|%2[eE]){1,2}(?:[/?]|$)")
_APP_CHARACTERS = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/?-]+")


def trouble(uri: str, *, native: bool) -> str | None:
    """Why this cannot be registered, and the mend; ``None`` when it can."""
    if len(uri) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if _broken(uri):
        return "Leave out '..' and write percent signs as %25."
    if _fits(_WEB, uri):
        return None
    if not native:
        return "Use an address such as https://lms.example.org/callback, without a '#'."
    app = _APP.fullmatch(uri)
    if _fits(_LOOPBACK, uri) or (app and _APP_CHARACTERS.fullmatch(uri)):
        return None
    return (
        "Use http://127.0.0.1/path (any port is taken then), an https address, or a scheme that is "
        "a host name of yours turned round, such as org.example.wallet:/callback."
    )


def allows(registered: Collection[str], uri: str) -> bool:
    """Whether a browser may be sent to ``uri``, which anybody may have written."""
    if uri in registered:
        return True
    asked = _fits(_LOOPBACK, uri)
    if asked is None:
        return False
    known = (_fits(_LOOPBACK, one) for one in registered)
    return any(
        one is not None and (one["host"], one["rest"]) == (asked["host"], asked["rest"])
        for one in known
    )


def form_target(uri: str) -> str:
    """What a page's policy must name so that its form may lead to ``uri`` (CSP 3, form-action).

    ``uri`` is one that ``allows`` let through. An address in brackets is not in the grammar of a
    policy's hosts, and an app's scheme has none: there the scheme must do.
    """
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https") and not parts.netloc.startswith("["):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"


def _fits(form: re.Pattern[str], uri: str) -> re.Match[str] | None:
    found = form.fullmatch(uri)
    return found if found and int(found["port"] or 1) < 65536 else None


def _broken(uri: str) -> bool:
    return bool(_DOTS.search(uri) or re.search(r"%(?![0-9A-Fa-f]{2})", uri))
