"""The pages of a node with a few courses, on the real database, catalogue, index and checks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Thread

import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.catalogue import service
from app.identity.access import Guard, Unauthenticated
from app.identity.model import Actor
from app.identity.oidc.providers import Providers
from app.platform import problems
from app.platform.db import Database
from app.platform.limits import RateLimits
from app.platform.routing import attach
from app.records.certificate.press import Press
from app.search import SearchIndex
from app.search import api as search_api
from app.search.indexer import drain
from app.web import csrf, errors, pages
from app.web.facet_names import FacetNames
from app.web.rendering import Site
from tests.conftest import NOW
from tests.servers import free_port
from tests.simulator.catalogue import COURSES, SOCIETIES
from tests.simulator.issuer import SimulatedIssuer
from tests.simulator.mail import Mailbox
from tests.simulator.oidc import Internet
from tests.simulator.plain_index import PlainIndex

PUBLIC_URL = "https://cpd.example"
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "en"}


@dataclass
class Pages:
    """A node's pages as a browser without JavaScript asks for them."""

    client: TestClient
    index: PlainIndex
    ids: dict[str, str]
    issuer: SimulatedIssuer
    database: Database

    def get(self, path: str, **headers: str) -> str:
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text


def fill(database: Database, index: SearchIndex) -> dict[str, str]:
    """Put the simulated courses in; gives the course id of each remote id."""
    ids = {}
    with database.write() as session:
        for society in SOCIETIES:
            service.add_society(session, society, at=NOW)
        for society_id, remote_id, course in COURSES:
            taken = service.take(
                session, course, society_id=society_id, source_id=f"{society_id}-feed",
                remote_id=remote_id, digest=remote_id, at=NOW,
            )  # fmt: skip
            assert taken.course_id, taken.issues
            ids[remote_id] = taken.course_id
    index.ensure()
    drain(database, index, at=NOW)
    return ids


def _nobody(token: str) -> Actor:
    raise Unauthenticated("There are no clients here.")


def make_app(
    database: Database, index: SearchIndex, *, issuer: SimulatedIssuer | None = None
) -> FastAPI:
    """The application that ``app.main`` makes, as far as people see it."""
    known = (issuer or SimulatedIssuer()).bundle()
    site = Site(node_name="Test node", public_url=PUBLIC_URL)
    app = FastAPI(docs_url=None, redoc_url=None)
    problems.install(app)
    errors.install(app, site=site)
    app.add_middleware(
        csrf.RefuseCrossSite, origins=[PUBLIC_URL], refuse=errors.refuse_cross_site(site)
    )
    guard = Guard(_nobody)
    names = partial(FacetNames, database)
    attach(
        app,
        search_api.build_router(index=index, guard=guard, names=names),
        pages.build_router(
            database=database,
            index=index,
            guard=guard,
            site=site,
            public_url=PUBLIC_URL,
            bundle=lambda _session, _at: known,
            press=Press(),
            mailer=Mailbox(),
            limits=RateLimits(),
            providers=Providers((), Internet()),
            now=lambda: NOW,
        ),
    )
    return app


@contextmanager
def served(app: FastAPI, *, port: int | None = None) -> Iterator[str]:
    """The application on a loopback port, as long as the block runs."""
    port = port or free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
    )
    started = Thread(target=server.run, daemon=True)
    started.start()
    while not server.started and started.is_alive():
        started.join(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        started.join(10)
