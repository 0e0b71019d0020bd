"""What the pages of people who are signed in have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import Guard
from app.identity.oidc.providers import Providers
from app.platform import clock
from app.platform.db import Database
from app.platform.limits import RateLimits
from app.platform.mail import Mailer
from app.web.rendering import Site

PRIVATE = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
MAX_FORM_BYTES = 16 * 1024
"""Enough for every form that uploads no file."""


@dataclass(frozen=True, slots=True)
class Room:
    """What each page module's ``build_router`` is handed."""

    database: Database
    guard: Guard
    site: Site
    public_url: str
    mailer: Mailer
    limits: RateLimits
    providers: Providers
    """Whose accounts people may sign in with."""
    now: Callable[[], datetime] = clock.now
    contact: str | None = None
    """Whom to tell that something on this node is wrong: an e-mail address or a page."""

    def page(
        self, request: Request, template: str, values: Mapping[str, Any], *, status: int = 200
    ) -> Response:
        """A page for the eyes of who asked alone: kept in no cache and no search engine."""
        return self.site.render(request, template, status=status, headers=PRIVATE, values=values)
