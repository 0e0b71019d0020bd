"""A node with the pages that a holder sees, a record on it, and the link its issuer handed over."""

from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.identity.oidc.providers import Providers
from app.platform.limits import RateLimits
from app.platform.requests import RequestLog
from app.platform.routing import attach
from app.records.certificate import api as certificate_api
from app.records.certificate.press import Press
from app.records.sharing import api as sharing_api
from app.trust import service as trust
from app.web import csrf, errors, pages
from app.web.links import KeepSecret
from app.web.rendering import Site
from tests.simulator.mail import Mailbox
from tests.simulator.node import COMPLETION, Node
from tests.simulator.oidc import Internet
from tests.simulator.plain_index import PlainIndex
from tests.simulator.site import BROWSER

SITE = Site(node_name="Test node")  # its templates are compiled once


@dataclass
class People:
    """``node`` is the society's side, ``browser`` anybody's."""

    node: Node
    press: Press

    def __post_init__(self) -> None:
        node, press = self.node, self.press
        node.app.router.routes[:0] = certificate_api.build_router(
            database=node.database,
            guard=node.guard,
            press=press,
            public_url=node.public_url,
            node_name="Test node",
            now=lambda: node.now,
        ).routes
        attach(
            node.app,
            sharing_api.build_router(
                database=node.database,
                guard=node.guard,
                public_url=node.public_url,
                now=lambda: node.now,
            ),
        )
        add_pages(node, press)
        self.browser = TestClient(node.app, base_url=node.public_url, headers=BROWSER)
        node.add_society("ebk", name="Engineers Board of Kenya")
        self.record_id = self.issue(COMPLETION, key="first")

    def issue(self, completion: dict[str, Any], *, key: str) -> str:
        answer = self.node.complete("ebk", completion, key=key)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def link(self, record_id: str | None = None, **wanted: str) -> str:
        """A fresh holder's link, as the path of its page."""
        answer = self.api("POST", "/holder-link", record_id=record_id, json=wanted)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"]).removeprefix(self.node.public_url)

    def api(
        self,
        method: str,
        ending: str,
        *,
        record_id: str | None = None,
        as_: str = "ebk",
        **more: Any,
    ) -> Response:
        """What a society's client asks of a record."""
        return self.node.http.request(
            method,
            f"/api/v1/records/{record_id or self.record_id}{ending}",
            headers=self.node.token(as_),
            **more,
        )


def add_pages(node: Node, press: Press) -> FastAPI:
    """The pages, as ``app.main`` puts them together."""
    site = SITE
    errors.install(node.app, site=site)
    attach(
        node.app,
        pages.build_router(
            database=node.database,
            index=PlainIndex(),
            guard=node.guard,
            site=site,
            public_url=node.public_url,
            bundle=lambda session, at: trust.bundle(session, at=at),
            press=press,
            mailer=Mailbox(),
            limits=RateLimits(),
            providers=Providers((), Internet()),
            now=lambda: node.now,
        ),
    )
    node.app.add_middleware(
        csrf.RefuseCrossSite, origins=[node.public_url], refuse=errors.refuse_cross_site(site)
    )
    node.app.add_middleware(KeepSecret)
    node.app.add_middleware(RequestLog)
    return node.app
