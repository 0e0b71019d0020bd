"""A whole node, as settings make it, with organisations whose members are signed in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.catalogue.model import NewSociety
from app.identity import service as identity
from app.identity.model import OPERATORS_ALONE, SCOPES, Kind, Role
from app.identity.people import service as people
from app.identity.people import sessions
from app.identity.people.model import Method
from app.main import create_app
from app.platform import clock
from app.platform.settings import Settings
from app.records.enrolment import enrol
from app.search import indexer
from app.wiring import Node, open_node
from tests.simulator.mail import Mailbox

PUBLIC_URL = "https://cpd.example"


@dataclass
class House:
    """A node, its application and its outgoing mail. ``now`` is turned by setting it."""

    node: Node
    mailbox: Mailbox
    now: datetime
    app: FastAPI = field(init=False)
    http: TestClient = field(init=False)
    """Nobody's browser: it has no cookie."""
    credentials: dict[str, identity.Credentials] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = create_app(self.node, now=lambda: self.now)
        self.http = self.browser()

    def browser(self, *, secret: str | None = None) -> TestClient:
        """A browser, with the cookie of a session when its ``secret`` is given."""
        made = TestClient(
            self.app,
            base_url=self.node.settings.public_url,
            raise_server_exceptions=False,
            follow_redirects=False,
            headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        )
        if secret:
            made.cookies.set(self.node.guard.cookie, secret)
        return made

    def add(self, organisation_id: str, kind: Kind = Kind.SOCIETY) -> None:
        """An organisation with one client that may do everything; a society can issue."""
        with self.node.database.write() as session:
            if kind is Kind.SOCIETY:
                enrol(
                    session,
                    NewSociety(names={"en": f"Society {organisation_id}"}, id=organisation_id),
                    signer=self.node.signer,
                    public_url=self.node.settings.public_url,
                    at=self.now,
                )
            else:
                identity.add_organisation(
                    session,
                    id=organisation_id,
                    kind=kind,
                    name=f"The {kind} {organisation_id}",
                    at=self.now,
                )
            self.credentials[organisation_id] = identity.new_client(
                session,
                organisation_id=organisation_id,
                name="LMS",
                scopes=set(SCOPES) - ({OPERATORS_ALONE} if kind is not Kind.OPERATOR else set()),
                at=self.now,
            )

    def sign_in(self, email: str, **roles: Role | set[Role]) -> TestClient:
        """The browser of a person who is signed in, with roles by organisation: ``cse=OWNER``."""
        with self.node.database.write() as session:
            person = people.person_of_email(session, email, at=self.now)
            for organisation_id, held in roles.items():
                people.set_roles(
                    session,
                    organisation_id.replace("_", "-"),
                    person.id,
                    held if isinstance(held, set) else {held},
                    at=self.now,
                    who="system:test",
                )
            secret = sessions.begin(
                session,
                person.id,
                method=Method.EMAIL_LINK,
                browser="A browser of the tests",
                address="192.0.2.1",
                at=self.now,
            )
        return self.browser(secret=secret)

    def token(self, organisation_id: str, **form: Any) -> dict[str, str]:
        """The header of a fresh token of the organisation's client."""
        answer = self.http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials", **form},
            auth=tuple(self.credentials[organisation_id]),
        )
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@contextmanager
def house(
    folder: Path,
    database_url: str,
    *,
    change: Callable[[Node], Node] = lambda node: node,
    **settings: Any,
) -> Iterator[House]:
    """A node in ``folder`` on the test's database, which stays at the time it is made."""
    at = clock.now()
    shown: list[House] = []
    made = open_node(
        Settings(
            **{
                "data_dir": folder,
                "database_url": database_url,
                "public_url": PUBLIC_URL,
                "key_passphrase": "a passphrase of the tests",
                **settings,
            },
            _env_file=None,
        ),
        now=lambda: shown[0].now if shown else at,
    )
    mailbox = Mailbox()
    try:
        indexer.reindex(made.database, made.index, at=at)
        shown.append(House(change(replace(made, mailer=mailbox)), mailbox, at))
        yield shown[0]
    finally:
        made.close()
