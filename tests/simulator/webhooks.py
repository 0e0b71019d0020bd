"""One node's webhooks without the node: endpoints, a courier, and a clock that the test turns."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook

from app.catalogue import service as catalogue
from app.catalogue.model import NewSociety
from app.harvest.posting import PostMaker
from app.identity import service as identity
from app.identity.model import Kind, Role
from app.identity.people import service as people
from app.platform import outbox
from app.platform.db import Database
from app.webhooks import deliveries, service
from app.webhooks.courier import Courier, Outfit
from app.webhooks.model import Delivery, Endpoint, NewEndpoint
from app.webhooks.service import Desk
from app.webhooks.signing import SigningKey
from tests.simulator.fetching import LOOPBACK
from tests.simulator.mail import Mailbox
from tests.simulator.receiver import Received

WHO = "client:of-the-tests"
EVERYTHING = (
    "course.changed",
    "record.issued",
    "record.suspended",
    "record.reinstated",
    "record.revoked",
    "record.superseded",
    "run.finished",
)


@dataclass
class Hooks:
    """``now`` is turned by setting it; a courier made by ``courier`` follows it."""

    database: Database
    now: datetime
    deadline: float = 0.4
    mailbox: Mailbox = field(default_factory=Mailbox)
    key: SigningKey = field(default_factory=lambda: SigningKey(secrets.token_bytes(32)))

    def __post_init__(self) -> None:
        self.make_post = PostMaker(allow=LOOPBACK, deadline=self.deadline)
        self.desk = Desk(self.key, plain_http=True, speaks_to=self.make_post.speaks_to)
        self._couriers: list[Courier] = []
        self._own: Courier | None = None

    def courier(self) -> Courier:
        """A courier as a process of its own would have."""
        made = Courier(
            Outfit(
                database=self.database,
                key=self.key,
                make_post=self.make_post,
                mailer=self.mailbox,
                public_url="https://cpd.example",
                now=lambda: self.now,
            )
        )
        self._couriers.append(made)
        return made

    def close(self) -> None:
        for courier in self._couriers:
            courier.close()

    def work(self, *, after: timedelta = timedelta()) -> None:
        """All that is due after so long a time."""
        self.now += after
        if self._own is None:
            self._own = self.courier()
        self._own.finish()

    def add_organisation(self, organisation_id: str, kind: Kind = Kind.SOCIETY) -> None:
        with self.database.write() as session:
            if kind is Kind.SOCIETY:
                new = NewSociety({"en": organisation_id}, id=organisation_id)
                catalogue.add_society(session, new, at=self.now)
        self.register(organisation_id, kind)

    def register(self, organisation_id: str, kind: Kind = Kind.SOCIETY) -> None:
        """An organisation that stands in the catalogue already, or need not."""
        with self.database.write() as session:
            identity.add_organisation(
                session, id=organisation_id, kind=kind, name=f"The {organisation_id}", at=self.now
            )

    def add_owner(self, organisation_id: str, email: str) -> None:
        with self.database.write() as session:
            person = people.person_of_email(session, email, at=self.now)
            people.set_roles(
                session, organisation_id, person.id, {Role.OWNER}, at=self.now, who="system:test"
            )

    def add(
        self, organisation_id: str, url: str, events: tuple[str, ...] = ("course.changed",)
    ) -> Endpoint:
        with self.database.write() as session:
            return service.add_endpoint(
                session, organisation_id, NewEndpoint(url, events), desk=self.desk, at=self.now,
                who=WHO,
            )  # fmt: skip

    def test(self, endpoint: Endpoint) -> Delivery:
        """An event on its way to one endpoint."""
        return self.write(deliveries.send_test, endpoint.organisation_id, endpoint.id)

    def change_course(self, society_id: str, number: int, *, title: str) -> str:
        """Take a course in, or change it; gives its id."""
        with self.database.write() as session:
            taken = catalogue.take(
                session,
                {"title": {"en": title}, "url": f"https://{society_id}.example/{number}"},
                society_id=society_id, source_id=f"feed-of-{society_id}", remote_id=str(number),
                digest=title, at=self.now,
            )  # fmt: skip
        assert taken.course_id, taken.issues
        return taken.course_id

    def write(self, use_case: Callable[..., Any], *what: Any, **more: Any) -> Any:
        """A use case in a transaction of its own, now, by the tests' client."""
        with self.database.write() as session:
            return use_case(session, *what, at=self.now, who=WHO, **more)

    def endpoint(self, endpoint: Endpoint) -> Endpoint:
        """As it stands now."""
        with self.database.read() as session:
            return service.get_endpoint(session, endpoint.organisation_id, endpoint.id)

    def sent(self, endpoint: Endpoint) -> list[Delivery]:
        """What was to be sent to an endpoint, oldest first."""
        with self.database.read() as session:
            found = deliveries.list_deliveries(
                session, endpoint.organisation_id, endpoint_id=endpoint.id, limit=1000
            )
        return list(reversed(found.items))

    def followed(self) -> set[str]:
        """The topics of the outbox that anybody follows."""
        with self.database.read() as session:
            return set(outbox.followed(session))

    def secret(self, endpoint: Endpoint, generation: int = 1) -> str:
        return self.key.secret(endpoint.id, generation)


def is_signed_by(received: Received, secret: str) -> bool:
    """Whether one of the signatures is what Standard Webhooks' own library makes with a secret."""
    moment = datetime.fromtimestamp(int(received.headers["webhook-timestamp"]), UTC)
    expected = Webhook(secret).sign(received.id, moment, received.body.decode())
    return expected in received.headers["webhook-signature"].split(" ")
