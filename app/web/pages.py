"""All pages of a node as one router, put together from one module per page."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from app.identity.access import Guard
from app.platform import clock
from app.platform.db import Database
from app.records.certificate.press import Press
from app.search import SearchIndex
from app.verification import Bundle
from app.web import (
    api_page,
    course_page,
    holder_page,
    offline_page,
    search_page,
    share_page,
    static_files,
    verify_page,
)
from app.web.links import Desk
from app.web.rendering import Site


def build_router(
    *,
    database: Database,
    index: SearchIndex,
    guard: Guard,
    site: Site,
    public_url: str,
    bundle: Callable[[Session, datetime], Bundle],
    press: Press,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """``bundle`` gives what records are verified against; ``public_url`` is named in JSON-LD."""
    router = APIRouter()
    router.include_router(
        search_page.build_router(database=database, index=index, guard=guard, site=site)
    )
    router.include_router(
        course_page.build_router(database=database, guard=guard, site=site, public_url=public_url)
    )
    router.include_router(
        verify_page.build_router(database=database, guard=guard, site=site, bundle=bundle, now=now)
    )
    desk = Desk(press, public_url, site.node_name)
    for page in (holder_page, share_page):
        router.include_router(
            page.build_router(database=database, guard=guard, site=site, desk=desk, now=now)
        )
    router.include_router(offline_page.build_router(guard=guard, site=site))
    router.include_router(api_page.build_router(guard=guard, site=site, public_url=public_url))
    router.include_router(static_files.build_router(guard=guard))
    return router
