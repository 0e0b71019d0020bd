"""A node of routers that issue and verify, with a clock the test turns and societies to act for."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.catalogue import service as catalogue
from app.catalogue.model import NewSociety
from app.identity import grants_api
from app.identity import service as identity
from app.identity.access import Guard
from app.identity.model import OPERATORS_ALONE, SCOPES, Kind
from app.identity.oauth import api as oauth_api
from app.identity.oauth.authenticate import authenticator
from app.identity.oauth.tokens import AccessTokens
from app.platform import problems
from app.platform.db import Database
from app.platform.routing import attach
from app.records import api as records_api
from app.trust import api as trust_api
from app.trust import service as trust
from app.trust.known import KnownBundle
from tests.simulator.programs import MemoryKeys, make_desk
from tests.simulator.signing import MemorySigner

NODE = "https://node.example"
OWN_SCOPES = frozenset(SCOPES) - {OPERATORS_ALONE}
"""Everything that a society's program can have."""

COMPLETION: dict[str, Any] = {
    "holder": {"identifiers": [{"type": "ext:RegisterNumber", "value": "4711-0815"}]},
    "completed_on": "2026-11-20",
    "kind": "course",
    "mode": "onsite",
    "role": "participant",
    "assessed": True,
    "result": "passed",
    "contact_minutes": 360,
    "workload_minutes": 480,
    "full_days": 1,
    "course": {
        "title": {"zh": "桥梁抗震设计", "en": "Seismic design of bridges"},
        "url": "https://society.example/courses/7?lang=zh",
    },
    "course_run": "2026-11",
    "tags": ["technical"],
    "competences": ["EC1", "EC4"],
    "fields": ["0732"],
    "standards": ["GB 50011-2010", "EN 1998-2:2005"],
}


@dataclass
class Node:
    """``now`` is turned by setting it."""

    database: Database
    now: datetime
    signer: MemorySigner = field(default_factory=MemorySigner)
    public_url: str = NODE

    def __post_init__(self) -> None:
        self._tokens = AccessTokens(MemoryKeys(), self.public_url)
        self.guard = Guard(
            authenticator(database=self.database, tokens=self._tokens, now=lambda: self.now)
        )
        self._credentials: dict[str, identity.Credentials] = {}

    @cached_property
    def app(self) -> FastAPI:
        """Made for who asks it: that takes longer than what many tests of the domain do."""
        guard, app = self.guard, FastAPI()
        problems.install(app)
        attach(
            app,
            oauth_api.build_router(
                desk=make_desk(self.database, self._tokens), guard=guard, now=lambda: self.now
            ),
            grants_api.build_router(database=self.database, guard=guard, now=lambda: self.now),
            trust_api.build_router(
                database=self.database,
                guard=guard,
                signer=self.signer,
                bundle=KnownBundle(self.database).at,
                now=lambda: self.now,
            ),
            records_api.build_router(
                database=self.database,
                signer=self.signer,
                guard=guard,
                public_url=self.public_url,
                now=lambda: self.now,
            ),
        )
        return app

    @cached_property
    def http(self) -> TestClient:
        return TestClient(self.app, base_url=self.public_url)

    def add_society(self, society_id: str, *, name: str = "A society") -> None:
        """A society of the catalogue that may issue, with one client that may do everything."""
        with self.database.write() as session:
            catalogue.add_society(
                session, NewSociety(names={"en": name}, id=society_id), at=self.now
            )
            identity.add_organisation(
                session, id=society_id, kind=Kind.SOCIETY, name=name, at=self.now
            )
            trust.add_issuer(
                session,
                self.signer,
                society_id=society_id,
                name=name,
                url="https://society.example/",
                public_url=self.public_url,
                at=self.now,
            )
            self._credentials[society_id] = identity.new_client(
                session, organisation_id=society_id, name="LMS", scopes=OWN_SCOPES, at=self.now
            )

    def token(self, society_id: str, *, scope: str | None = None) -> dict[str, str]:
        """The header of a fresh token."""
        form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        credentials = self._credentials[society_id]
        answer = self.http.post("/oauth/token", data=form, auth=tuple(credentials))
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def complete(
        self, society_id: str, completion: dict[str, Any], *, key: str, as_: str | None = None
    ) -> Response:
        """Report a completion."""
        return self.http.post(
            f"/api/v1/societies/{society_id}/completions",
            json=completion,
            headers={**self.token(as_ or society_id), "Idempotency-Key": key},
        )

    def forms(self, record_id: str, society_id: str) -> tuple[bytes, bytes]:
        """The JSON and the JWT of a record."""
        token = self.token(society_id)
        found = [
            self.http.get(f"/api/v1/records/{record_id}{ending}", headers=token)
            for ending in ("", ".jwt")
        ]
        assert [answer.status_code for answer in found] == [200, 200]
        return found[0].content, found[1].content

    def verify(self, record: bytes) -> Response:
        """Ask the public endpoint."""
        return self.http.post("/credentials/verify", content=record)
