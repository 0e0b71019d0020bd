"""The counter where programs are let in: two societies, people in them, and a vendor's programs."""

from datetime import datetime
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from app.identity.access import Guard
from app.identity.clients import api as clients_api
from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.model import Actor, AuthMethod, ClientKind, Kind, Role
from app.identity.oauth import api
from app.identity.oauth.authenticate import authenticator
from app.identity.oauth.tokens import AccessTokens
from app.identity.oidc.providers import Providers
from app.identity.people import service as people
from app.identity.people import sessions
from app.identity.people.model import Method
from app.identity.service import add_organisation
from app.platform import problems
from app.platform.db import Database
from app.platform.limits import RateLimits
from app.web import csrf, errors
from app.web.account import consent_page, programs_page
from app.web.organisation import clients_page
from app.web.room import Room
from tests.simulator.mail import Mailbox
from tests.simulator.members import PUBLIC_URL
from tests.simulator.oidc import Internet
from tests.simulator.people import SITE
from tests.simulator.programs import MemoryKeys, Program, make_desk

LMS = "https://lms.example/callback"
WALLET = "http://127.0.0.1/callback"
COOKIE = sessions.cookie_name(PUBLIC_URL)


class Scene:
    """``lms`` works for members of societies, ``wallet`` for engineers. ``now`` can be turned."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database, self.now = database, now
        tokens = AccessTokens(MemoryKeys(), PUBLIC_URL)
        authenticate = authenticator(database=database, tokens=tokens, now=lambda: self.now)
        visit = sessions.visit(database, now=lambda: self.now)
        self.guard = guard = Guard(authenticate, visit, cookie=COOKIE)
        self.app = app = FastAPI()
        problems.install(app)
        errors.install(app, site=SITE)
        room = Room(
            database=database,
            guard=guard,
            site=SITE,
            public_url=PUBLIC_URL,
            mailer=Mailbox(),
            limits=RateLimits(),
            providers=Providers((), Internet()),
            now=lambda: self.now,
        )
        for router in (
            api.build_router(desk=make_desk(database, tokens), guard=guard, now=lambda: self.now),
            consent_page.build_router(room),
            programs_page.build_router(room),
            clients_page.build_router(room),
            clients_api.build_router(database=database, guard=guard, now=lambda: self.now),
        ):
            app.include_router(router)
        app.add_middleware(
            csrf.RefuseCrossSite, origins=[PUBLIC_URL], refuse=errors.refuse_cross_site(SITE)
        )
        for scope in ("catalogue:write", "profile:read"):
            self._show(scope)
        self.http = self.browser()
        with database.write() as session:
            for name in ("cse", "ebk", "vendor"):
                add_organisation(
                    session, id=name, kind=Kind.SOCIETY, name=f"Society {name}", at=now
                )
        self.lms = self.program(
            name="Moodle <b>LMS</b>", kind=ClientKind.WEB, redirect_uris=(LMS,),
            scopes=frozenset({"catalogue:read", "catalogue:write", "profile:read"}),
        )  # fmt: skip
        self.wallet = self.program(
            name="Wallet", kind=ClientKind.NATIVE, method=AuthMethod.NONE,
            redirect_uris=(WALLET, "org.example.wallet:/callback"),
            scopes=frozenset({"profile:read", "transcript:read"}),
        )  # fmt: skip
        self.wallet.redirect_uri = "http://127.0.0.1:49152/callback"
        self.ada = self.sign_in("ada@example.org", cse=Role.EDITOR)

    def _show(self, scope: str) -> None:
        @self.app.get(f"/me/{scope}", include_in_schema=False)
        def me(actor: Annotated[Actor, Depends(self.guard.scope(scope))]) -> dict[str, Any]:
            return {
                "organisation": actor.organisation_id,
                "person": bool(actor.person_id),
                "client": actor.client_id,
                "scopes": sorted(actor.scopes),
            }

    def me(self, token: str, scope: str = "catalogue:write") -> Any:
        """Who acts by a token, as a guarded route sees it; or the status that refuses."""
        answer = self.http.get(f"/me/{scope}", headers={"Authorization": f"Bearer {token}"})
        return answer.json() if answer.status_code == 200 else answer.status_code

    def browser(self, *, secret: str | None = None) -> TestClient:
        made = TestClient(
            self.app,
            base_url=PUBLIC_URL,
            raise_server_exceptions=False,
            follow_redirects=False,
            headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        )
        if secret:
            made.cookies.set(COOKIE, secret)
        return made

    def program(self, **how: Any) -> Program:
        """A program of the vendor."""
        new = NewClient(organisation_id="vendor", **how)
        with self.database.write() as session:
            client, secret = clients.add(session, new, at=self.now)
        return Program(self.browser(), client, secret)

    def sign_in(self, email: str, **roles: Role) -> TestClient:
        """The browser of a person who is signed in and has these roles."""
        with self.database.write() as session:
            person = people.person_of_email(session, email, at=self.now)
            for organisation_id, role in roles.items():
                people.set_roles(
                    session, organisation_id, person.id, {role}, at=self.now, who="system:test"
                )
            secret = sessions.begin(
                session, person.id, method=Method.EMAIL_LINK, browser="", address="",
                at=self.now,
            )  # fmt: skip
        return self.browser(secret=secret)


@pytest.fixture
def scene(database: Database, now: datetime) -> Scene:
    return Scene(database, now)
