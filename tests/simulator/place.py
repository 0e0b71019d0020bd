"""One organisation on a node that many tests share, and the people of one test in it."""

import itertools
from dataclasses import dataclass, field

from fastapi.testclient import TestClient
from sqlalchemy import update

from app.identity import audit
from app.identity.audit import Entry
from app.identity.model import Kind, Role
from app.identity.people import service, store
from app.identity.people.tables import PersonRow
from app.platform.mail import Message
from tests.simulator.members import PUBLIC_URL, House

_numbers = itertools.count(1)


@dataclass
class Place:
    """A registry ``id`` and another one, ``other``, made for one test; ``ada`` is one person."""

    node: House
    number: int = field(default_factory=lambda: next(_numbers))

    def __post_init__(self) -> None:
        self.id, self.other = f"registry-{self.number}", f"other-{self.number}"
        for organisation_id in (self.id, self.other):
            self.node.add(organisation_id, Kind.REGISTRY)

    def email(self, name: str) -> str:
        return f"{name}.{self.number}@example.org"

    def sign_in(self, name: str, *roles: Role, other: Role | None = None) -> TestClient:
        """The browser of a person with roles here, and perhaps one in the other organisation."""
        held: dict[str, Role | set[Role]] = {}
        if roles:
            held[self.id.replace("-", "_")] = set(roles)
        if other:
            held[self.other.replace("-", "_")] = other
        return self.node.sign_in(self.email(name), **held)

    def url(self, ending: str = "") -> str:
        return f"/organisations/{self.id}{ending}"

    def api(self, ending: str = "") -> str:
        return f"/api/v1/organisations/{self.id}{ending}"

    def person(self, name: str) -> str:
        """The person's id; the account is made when there is none."""
        with self.node.node.database.write() as session:
            return service.person_of_email(session, self.email(name), at=self.node.now).id

    def call(self, name: str, full: str) -> None:
        """Give somebody a name."""
        person = self.person(name)
        with self.node.node.database.write() as session:
            session.execute(update(PersonRow).where(PersonRow.id == person).values(name=full))

    def roles(self, name: str, organisation_id: str | None = None) -> set[str] | None:
        """What somebody is here, or there; ``None`` for no member."""
        person = self.person(name)
        with self.node.node.database.read() as session:
            found = store.find_member(session, organisation_id or self.id, person)
        return None if found is None else set(map(str, found.roles))

    def owners(self) -> int:
        with self.node.node.database.read() as session:
            return len(store.owners(session, self.id))

    def trail(self) -> list[Entry]:
        with self.node.node.database.read() as session:
            return list(audit.trail(session, f"organisation:{self.id}"))

    def mails(self, name: str) -> list[Message]:
        return [one for one in self.node.mailbox.sent if one.to == self.email(name)]

    def link(self, name: str) -> str:
        """The path in the newest mail to somebody."""
        return self.node.mailbox.last_link(self.email(name)).removeprefix(PUBLIC_URL)
