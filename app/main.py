"""The web application: every domain's router, one table of errors, health and readiness."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import __version__
from app.catalogue import COURSE_CHANGED
from app.catalogue import api as catalogue_api
from app.catalogue.overriding import api as overriding_api
from app.harvest import service as harvest
from app.harvest.inspecting import api as looking_api
from app.harvest.inspecting.desk import LookDesk
from app.harvest.owning import api as sources_api
from app.identity import described, grants_api
from app.identity.audit import api as audit_api
from app.identity.clients import api as clients_api
from app.identity.oauth import api as oauth_api
from app.identity.people import api as people_api
from app.identity.people import me_api
from app.platform import clock, outbox, problems
from app.platform.bodies import LimitBody
from app.platform.headers import SafeHeaders, safe_headers
from app.platform.quotas import LimitRate
from app.platform.requests import RequestLog
from app.platform.routing import attach
from app.platform.settings import Settings
from app.publishing import api as publishing_api
from app.publishing.encoded import KeepSlashes
from app.recognition.adoption import api as adoption_api
from app.recognition.agreements import api as agreements_api
from app.recognition.agreements.desk import Desk as AgreementDesk
from app.recognition.compliance import api as compliance_api
from app.recognition.compliance.lists import Desk as ComplianceDesk
from app.recognition.ledger import api as ledger_api
from app.recognition.ledger.submitting import Desk as LedgerDesk
from app.recognition.office import api as office_api
from app.recognition.office.press import OfficePress
from app.recognition.planning import me_api as my_cycles_api
from app.recognition.register import api as register_api
from app.records import api as records_api
from app.records import enrolment_api
from app.records.certificate import api as certificate_api
from app.records.enrolment import Office
from app.records.keeping import api as keeping_api
from app.records.sharing import api as sharing_api
from app.search import api as search_api
from app.search import metrics
from app.trust import api as trust_api
from app.trust.known import KnownBundle
from app.trust.vc_api import api as vc_api
from app.trust.vc_api import presentations
from app.web import csrf, errors, pages
from app.web.counting import api as counting_api
from app.web.counting.reckoning import Reckoning, words_of
from app.web.csrf import origin_of
from app.web.facet_names import FacetNames
from app.web.links import KeepSecret
from app.web.rendering import Site
from app.webhooks import api as webhooks_api
from app.wiring import Node, open_node

MAX_BODY_BYTES = 1024 * 1024


def _health_router(node: Node, now: Callable[[], datetime]) -> APIRouter:
    router = APIRouter(tags=["operations"], dependencies=[Depends(node.guard.public)])

    @router.get("/health", include_in_schema=False)
    @router.get("/healthz")
    async def health() -> dict[str, str]:
        """The process runs. Needs no thread, which others may have taken."""
        return {"status": "ok", "version": __version__}

    @router.get("/readyz", responses={503: {"description": "Something does not answer."}})
    def ready() -> JSONResponse:
        """The database and the search index answer; how far index and harvests are behind."""
        report: dict[str, Any] = {}
        at = now()
        try:
            with node.database.read() as session:
                behind = outbox.backlog(session, COURSE_CHANGED)
                harvests = harvest.backlog(session, at=at)
        except SQLAlchemyError:
            return JSONResponse({"status": "unavailable", "database": "does not answer"}, 503)
        report["outbox"] = {
            "waiting": behind.waiting,
            "oldest_seconds": _seconds(behind.oldest, at),
            "set_aside": behind.set_aside,
        }
        report["harvest"] = {
            "due": harvests.due,
            "queued": harvests.queued,
            "running": harvests.running,
            "held": harvests.held,
            "oldest_seconds": _seconds(harvests.oldest, at),
        }
        search = node.index.health()
        report["search"] = {"ok": search.ok, "detail": search.detail}
        report["database"] = "ok"
        return JSONResponse(
            {"status": "ok" if search.ok else "degraded", **report}, 200 if search.ok else 503
        )

    return router


def _seconds(since: datetime | None, at: datetime) -> int:
    return round((at - since).total_seconds()) if since else 0


def _conformance_router(node: Node, known: KnownBundle, now: Callable[[], datetime]) -> APIRouter:
    return vc_api.build_router(
        bundle=known.at,
        guard=node.guard,
        signer=node.signer,
        public_url=node.settings.public_url,
        now=now,
    )


def _catalogue(node: Node, site: Site, now: Callable[[], datetime]) -> tuple[APIRouter, ...]:
    """Courses: found, read, and written over by editors."""
    database, guard = node.database, node.guard
    reckoner = Reckoning(database, words_of(site), now=now)
    names = partial(FacetNames, database)
    return (
        search_api.build_router(index=node.index, guard=guard, reckoner=reckoner, names=names),
        catalogue_api.build_router(database=database, guard=guard),
        overriding_api.build_router(database=database, guard=guard, now=now),
    )


def _routers(
    node: Node, known: KnownBundle, site: Site, now: Callable[[], datetime]
) -> tuple[APIRouter, ...]:
    """Every domain's routes, those for programs."""
    settings, database, guard = node.settings, node.database, node.guard
    return (
        *_catalogue(node, site, now),
        counting_api.build_router(database=database, guard=guard, words=words_of(site), now=now),
        certificate_api.build_router(
            database=database,
            guard=guard,
            press=node.press,
            public_url=settings.public_url,
            node_name=settings.node_name,
            now=now,
        ),
        sharing_api.build_router(
            database=database, guard=guard, public_url=settings.public_url, now=now
        ),
        records_api.build_router(
            database=database,
            guard=guard,
            signer=node.signer,
            public_url=settings.public_url,
            now=now,
        ),
        trust_api.build_router(
            database=database, guard=guard, signer=node.signer, bundle=known.at, now=now
        ),
        publishing_api.build_router(
            database=database, guard=guard, quota=settings.published_courses, now=now
        ),
        presentations.build_router(bundle=known.at, guard=guard, now=now),
        oauth_api.build_router(desk=node.desk, guard=guard, now=now),
        clients_api.build_router(database=database, guard=guard, now=now),
        grants_api.build_router(database=database, guard=guard, now=now),
        people_api.build_router(
            database=database,
            guard=guard,
            mailer=node.mailer,
            limits=node.limits,
            public_url=settings.public_url,
            node_name=settings.node_name,
            now=now,
        ),
        me_api.build_router(database=database, guard=guard),
        keeping_api.build_router(database=database, guard=guard, public_url=settings.public_url),
        enrolment_api.build_router(database=database, guard=guard, office=_office(node), now=now),
        audit_api.build_router(database=database, guard=guard),
        webhooks_api.build_router(
            database=database,
            guard=guard,
            desk=node.webhooks,
            limits=node.limits,
            now=now,
        ),
        _health_router(node, now),
    )


def _feeds(node: Node, looks: LookDesk, now: Callable[[], datetime]) -> tuple[APIRouter, ...]:
    """The routes of feeds: looking at one before it is a source, and a society's own sources."""
    return (
        looking_api.build_router(guard=node.guard, desk=looks),
        sources_api.build_router(
            database=node.database, registry=node.registry, guard=node.guard, now=now
        ),
    )


def _recognition(
    node: Node, known: KnownBundle, now: Callable[[], datetime]
) -> tuple[APIRouter, ...]:
    """The routes of what records count for."""
    settings, database, guard = node.settings, node.database, node.guard
    return (
        register_api.build_router(database=database, guard=guard, now=now),
        adoption_api.build_router(
            database=database, guard=guard, statements=node.statements, now=now
        ),
        my_cycles_api.build_router(
            database=database,
            guard=guard,
            desk=LedgerDesk(known.at),
            limits=node.limits,
            now=now,
        ),
        agreements_api.build_router(
            database=database,
            guard=guard,
            desk=AgreementDesk(node.statements, lambda _, at: known.at(at)),
            now=now,
        ),
        compliance_api.build_router(
            database=database,
            guard=guard,
            desk=ComplianceDesk(node.statements, settings.public_url),
            now=now,
        ),
        ledger_api.build_router(
            database=database,
            guard=guard,
            desk=LedgerDesk(known.at),
            public_url=settings.public_url,
            appeal_days=settings.appeal_days,
            now=now,
        ),
        office_api.build_router(
            database=database,
            guard=guard,
            press=OfficePress(node.press),
            public_url=settings.public_url,
            now=now,
        ),
    )


def _office(node: Node) -> Office:
    return Office(node.signer, node.settings.public_url)


def _surround(app: FastAPI, node: Node, site: Site) -> None:
    """What every request passes before a route, the last one first."""
    settings = node.settings
    app.add_middleware(
        csrf.RefuseCrossSite,
        origins=[origin_of(settings.public_url)],
        refuse=errors.refuse_cross_site(site),
    )
    app.add_middleware(LimitBody, most=MAX_BODY_BYTES, refuse=errors.refuse_too_large(site))
    app.add_middleware(LimitRate, quotas=node.quotas, refuse=errors.refuse_too_often(site))
    app.add_middleware(KeepSecret)
    app.add_middleware(KeepSlashes)
    app.add_middleware(SafeHeaders, headers=safe_headers(settings.public_url))
    app.add_middleware(RequestLog)
    if settings.trusted_proxies:  # the last, so the first to see a request
        app.add_middleware(
            ProxyHeadersMiddleware, trusted_hosts=list(map(str, settings.trusted_proxies))
        )


def create_app(node: Node, *, now: Callable[[], datetime] = clock.now) -> FastAPI:
    """The application of one node."""
    settings, database, guard = node.settings, node.database, node.guard
    app = FastAPI(
        title="OpenCPD",
        version=__version__,
        summary="Continuing professional development of engineers: courses, records, verification.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,  # it would load a program from another site; ``web.api_page`` does not
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,  # its redirects go where the Host header says
        generate_unique_id_function=lambda route: route.name,
    )
    site = Site(node_name=settings.node_name, public_url=settings.public_url)
    known = KnownBundle(database)
    described.install(app)
    problems.install(app, headers=safe_headers(settings.public_url))
    errors.install(app, site=site)
    if settings.vc_api == "conformance":  # first: it stands in for the ordinary verifier
        attach(app, _conformance_router(node, known, now), include_in_schema=False)
    looks = LookDesk(node.registry, node.make_fetch.trial, node.limits)
    attach(app, *_routers(node, known, site, now), *_feeds(node, looks, now))
    attach(app, *_recognition(node, known, now))
    attach(
        app,
        pages.build_router(
            database=database,
            index=node.index,
            guard=guard,
            site=site,
            public_url=settings.public_url,
            bundle=known.read,
            press=node.press,
            mailer=node.mailer,
            limits=node.limits,
            providers=node.providers,
            statements=node.statements,
            course_quota=settings.published_courses,
            office=_office(node),
            webhooks=node.webhooks,
            looks=looks,
            now=now,
            contact=settings.contact,
        ),
        include_in_schema=False,
    )
    _measure(app, node, now)
    _surround(app, node, site)
    return app


def _measure(app: FastAPI, node: Node, now: Callable[[], datetime]) -> None:
    """Count searches, and let scrapers read that and how the index stands."""
    measures = metrics.Measures()
    router = metrics.build_router(
        database=node.database, index=node.index, guard=node.guard, measures=measures, now=now
    )
    attach(app, router)
    app.add_middleware(metrics.MeasureSearch, measures=measures)


def from_environment() -> FastAPI:
    """For a server that starts workers by import (``app.main:from_environment``)."""
    return create_app(open_node(Settings()))
