"""A page that verifies a record on the reader's own device: no server is asked, nothing is sent.

Its script (``app/web/offline/``) makes the checks of ``app.verification`` for a ``vc+jwt`` with
WebCrypto and a signed trust bundle. The node serves it, and gives it away as one file that runs
from a stick: with its style and script inside, and a content security policy (W3C CSP 3) that names
both by their hash and allows nothing else, least of all a connection. What the script must know of
the profile and the limits comes from ``app.verification``, so that the two cannot differ.
"""

import base64
import hashlib
from typing import Any

from fastapi import APIRouter, Depends
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import Guard
from app.proof import parse, status_list
from app.proof.parse import Limits
from app.proof.vocabulary import KNOWN
from app.verification import Options, profile
from app.verification.verify import TITLES
from app.web import labels, offline_words
from app.web.rendering import HEADERS, OFFLINE_SCRIPT, STATIC, Site

PATH = "/verify/offline"
FILE = "opencpd-verify.html"
_NOTHING_ELSE = "base-uri 'none'; form-action 'none'"
_SERVED = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    f"{_NOTHING_ELSE}; frame-ancestors 'none'"
)


def facts() -> dict[str, Any]:
    """What the script must know of the checks, the profile and the limits."""
    options = Options()
    return {
        "checks": list(TITLES),
        "schema": profile.RECORD.schema(),
        "contexts": sorted(KNOWN),
        "limits": {
            "record": _limits(parse.RECORD),
            "list": _limits(parse.STATUS_LIST),
            "bundle": _limits(parse.BUNDLE),
            "smallestList": status_list.SMALLEST,
            "largestList": status_list.LARGEST_BYTES,
            "leeway": options.leeway.total_seconds() * 1000,
            "oldestStatus": options.oldest_status.total_seconds() * 1000,
        },
    }


def _limits(limits: Limits) -> dict[str, int]:
    return {"size": limits.size, "depth": limits.depth}


def words(site: Site) -> dict[str, str]:
    """The script's texts, in the page's language."""
    named = {**offline_words.PAGE, **offline_words.FOUND, **offline_words.ERRORS}
    for prefix, table in (
        ("check", labels.CHECK),
        ("evidence", labels.EVIDENCE),
        ("reason", {**labels.REASON, **offline_words.REASONS}),
        ("result", labels.RESULT),
        ("ext:ActivityKind", labels.KIND),
        ("ext:DeliveryMode", labels.DELIVERY),
        ("ext:Assessed", labels.ANSWER),
    ):
        named |= {f"{prefix}:{name}": said for name, said in table.items()}
    return {name: site.translations.gettext(said) for name, said in named.items()}


def single_file(site: Site) -> str:
    """The page as one file that needs nothing and may ask for nothing."""
    style, script = _style().decode(), STATIC[OFFLINE_SCRIPT].decode()
    return site.environment.get_template("offline_file.html").render(
        facts=facts(),
        words=words(site),
        policy=policy(),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
    )


def policy() -> str:
    """The single file's content security policy: its own script and style, and no network."""
    style, script = _hash(_style()), _hash(STATIC[OFFLINE_SCRIPT])
    return f"default-src 'none'; script-src '{script}'; style-src '{style}'; {_NOTHING_ELSE}"


def _style() -> bytes:
    return STATIC["site.css"] + STATIC["work.css"]


def _hash(data: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(data).digest()).decode()


def build_router(*, guard: Guard, site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    @router.api_route(PATH, methods=["GET", "HEAD"])
    def page(request: Request) -> Response:
        return site.render(
            request,
            "offline.html",
            headers={"Content-Security-Policy": _SERVED},
            values={"facts": facts(), "words": words(site), "file": f"{PATH}/{FILE}"},
        )

    @router.api_route(f"{PATH}/{FILE}", methods=["GET", "HEAD"])
    def file() -> Response:
        headers = {
            **HEADERS,
            "Content-Security-Policy": policy(),
            "Content-Disposition": f'attachment; filename="{FILE}"',
        }
        return Response(single_file(site), media_type="text/html; charset=utf-8", headers=headers)

    return router
