"""A node with one society and one registry that has adopted a policy, and records for it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any

from app.catalogue import service as catalogue
from app.catalogue.model import NewSociety
from app.identity import service as identity
from app.identity.model import Actor, Kind
from app.identity.people import service as people
from app.platform.db import Database
from app.recognition.adoption import service as adoption
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Origin, Submission, Submitted
from app.recognition.ledger.telling import Post
from app.recognition.ledger.work import WorkDesk, work
from app.recognition.register import service as register
from app.recognition.register.model import NewRegistrant, Registrant
from app.records import service as records
from app.records.model import CourseFacts, Holder, IssuedRecord, NewCompletion
from app.records.standing import service as standing
from app.records.standing.model import Action, Order, Reason
from app.trust import service as trust
from app.trust.known import KnownBundle
from app.trust.statements import Statements
from tests.conftest import NOW
from tests.simulator.mail import Mailbox
from tests.simulator.registries import add_registry, member
from tests.simulator.signing import MemorySigner

SOCIETY = "cse"
PUBLIC_URL = "https://node.example"
_names = count(1)

POLICY = """\
policy_id: {policy_id}
policy_version: {version}
registry: {registry}
status: draft
valid: {{from: {first}, to: {last}}}
unit: hour
issuers: {{accept_any: true}}
map:
  - {{id: course, when: {{kind_in: [course]}}, measure: contact_minutes,
     per: "60", credit: "{credit}", category: formal}}
  - {{id: seminar, when: {{kind_in: [conference]}}, measure: contact_minutes,
     per: "60", credit: "1", category: informal}}
  - {{id: mentoring, when: {{kind_in: [mentoring]}}, decision: review, reason: NEEDS_A_LOOK}}
caps:
  - {{id: formal-year, category: formal, period: year, max: "{cap}"}}
  - {{id: all-cycle, period: cycle, max: "{whole}"}}
cycle:
  months: 12
  first: 2020-01-01
  total: "20"
  carry_over_max: "4"
  minimums: [{{id: ethics, tag: ethics, min: "1"}}]
"""


def holder_of(registrant: Registrant) -> str:
    """The holder whose records are a registrant's."""
    return f"urn:uuid:{registrant.id}"


@dataclass
class Ledgers:
    """``now`` is turned by setting it. What is made is committed at once."""

    database: Database
    now: datetime = NOW
    signer: MemorySigner = field(default_factory=MemorySigner)
    mailbox: Mailbox = field(default_factory=Mailbox)

    def __post_init__(self) -> None:
        self.known = KnownBundle(self.database)
        self.desk = ledger.Desk(self.known.at)
        self.statements = Statements(self.signer, public_url=PUBLIC_URL)
        with self.database.write() as session:
            catalogue.add_society(session, NewSociety({"en": "CSE"}, id=SOCIETY), at=self.now)
            identity.add_organisation(
                session, id=SOCIETY, kind=Kind.SOCIETY, name="CSE", at=self.now
            )
            trust.add_issuer(
                session,
                self.signer,
                society_id=SOCIETY,
                name="CSE",
                url="https://society.example/",
                public_url=PUBLIC_URL,
                at=self.now,
            )

    def registry(self) -> "Registry":
        """A registry of its own for one test."""
        return Registry(self, f"pec-{next(_names)}")

    def record(self, holder_id: str, **changes: Any) -> IssuedRecord:
        """A record of the society about this holder."""
        given = {
            "minutes": 60,
            "on": date(2026, 6, 1),
            "kind": "course",
            "course": f"Course {next(_names)}",
            "tags": ("technical",),
            **changes,
        }
        completion = NewCompletion(
            holder=Holder(holder_id),
            completed_on=given["on"],
            kind=given["kind"],
            mode="onsite",
            role=given.get("role", "participant"),
            assessed=True,
            course=CourseFacts({"en": given["course"]}, url=given.get("url")),
            course_run=given.get("run"),
            contact_minutes=given["minutes"],
            tags=given["tags"],
            supersedes=given.get("supersedes"),
        )
        return records.complete(
            self.database,
            self.signer,
            completion,
            society_id=SOCIETY,
            idempotency_key=f"key-{next(_names)}",
            public_url=PUBLIC_URL,
            at=self.now,
        )

    def stand(self, record_id: str, action: Action, reason: Reason) -> None:
        """Revoke, suspend or reinstate a record."""
        standing.change(
            self.database,
            self.signer,
            record_id,
            order=Order(action, reason),
            at=self.now,
            who="system:test",
        )

    def work_desk(self, **changes: Any) -> WorkDesk:
        post = Post(self.mailbox, PUBLIC_URL, "The node")
        given: dict[str, Any] = {
            "database": self.database,
            "bundle": self.known.at,
            "post": post,
            "now": lambda: self.now,
            **changes,
        }
        return WorkDesk(**given)

    def work(self, **changes: Any) -> None:
        """Everything that the worker has to do for the ledger."""
        while work(self.work_desk(**changes)):
            pass


@dataclass
class Registry:
    """One registry, whose policy counts an hour as one; ``cap`` is that of courses in a year."""

    node: Ledgers
    id: str

    def __post_init__(self) -> None:
        self.numbers = count(1)
        with self.database.write() as session:
            add_registry(session, self.id, at=self.node.now)
            self.owner: Actor = member(session, self.id, f"owner@{self.id}.example")

    @property
    def database(self) -> Database:
        return self.node.database

    def adopt(self, **how: Any) -> adoption.PolicyVersion:
        """Adopt a version of the policy of the tests, or any ``text``."""
        given = {
            "policy_id": "rules",
            "version": 1,
            "first": "null",
            "last": "null",
            "credit": "1",
            "cap": "10",
            "whole": "1000",
            **how,
        }
        text = how.get("text") or POLICY.format(registry=self.id, **given)
        with self.database.write() as session:
            made = adoption.draft(session, self.owner, text, at=self.node.now)
            return adoption.adopt(
                session, self.node.statements, self.owner, made.id, at=self.node.now
            )

    def registrant(self, **how: Any) -> Registrant:
        """One more in the register, to whom a holder of records is bound."""
        at, who = self.node.now, "system:test"
        with self.database.write() as session:
            new = NewRegistrant(f"N-{next(self.numbers)}", "Ada Obi", **how)
            made = register.add(session, self.id, new, at=at, who=who)
            register.bind_holder(session, made, holder_of(made), at=at, who=who)
            return made

    def person(self, name: str) -> str:
        """Somebody of the registry, as the history names him."""
        with self.database.write() as session:
            return member(session, self.id, f"{name}@{self.id}.example").who

    def link(self, registrant: Registrant, email: str) -> str:
        """Link a registrant to an account; gives the person as the history names him."""
        with self.database.write() as session:
            person = people.person_of_email(session, email, at=self.node.now)
            register.link_person(
                session, registrant, person.id, at=self.node.now, who="system:test"
            )
            return f"person:{person.id}"

    def record(self, registrant: Registrant, **changes: Any) -> IssuedRecord:
        return self.node.record(holder_of(registrant), **changes)

    def submit(self, registrant: Registrant, *given: bytes, **how: Any) -> list[Submitted]:
        """Submit records by the registry's program."""
        return ledger.submit(
            self.database,
            self.node.desk,
            self.id,
            registrant.id,
            given,
            origin=how.get("origin", Origin.API),
            who=how.get("who", "client:registry"),
            at=self.node.now,
        )

    def counted(self, registrant: Registrant, **changes: Any) -> Submission:
        """Issue a record and submit it."""
        (answer,) = self.submit(registrant, self.record(registrant, **changes).json)
        assert answer.submission is not None, answer.error
        return answer.submission

    def get(self, submission: Submission) -> Submission:
        """As it stands now."""
        with self.database.read() as session:
            return ledger.get(session, self.id, submission.id)

    def credited(self, registrant: Registrant) -> list[str]:
        """What each of a registrant's submissions counts for, or else its outcome."""
        with self.database.read() as session:
            found = ledger.of_registrant(session, registrant.id)
        return [
            one.outcome.value
            if one.decision.decision.credited is None
            else str(one.decision.decision.credited)
            for one in found
        ]

    def write(self, use_case: Any, *what: Any, **more: Any) -> Any:
        """A use case in a transaction of its own, now."""
        with self.database.write() as session:
            return use_case(session, self.id, *what, at=self.node.now, **more)
