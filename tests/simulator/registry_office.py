"""A registry at work: its people, its register, its rules, and records that societies issued."""

from dataclasses import dataclass, field
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from app.identity.model import SCOPES, Actor, Kind, Role
from app.identity.people import service as people
from app.recognition.adoption import service as adoption
from app.recognition.register import service as register
from app.recognition.register.model import NewIssuerListing, NewRegistrant
from app.trust import service as trust
from tests.simulator.members import House
from tests.simulator.node import COMPLETION

REGISTRY, SOCIETY = "pec", "cse"
PAGES = f"/organisations/{REGISTRY}"
RULES = """\
policy_id: pec-rules
policy_version: {version}
registry: pec
status: draft
valid: {{from: 2020-01-01, to: null}}
unit: point
issuers: {{accept_tags: [listed-society], otherwise: review}}
window: {{max_age_months: 240}}
map:
  - id: course
    when: {{kind_in: [course]}}
    measure: contact_minutes
    per: "60"
    credit: "{credit}"
    category: formal
rounding: {{mode: floor, step: "1/2"}}
caps:
  - {{id: formal-year, category: formal, period: year, max: "{most}"}}
cycle: {{months: 12, total: "20", minimums: [{{id: ethics, tag: ethics, min: "1"}}]}}
"""


def rules(*, version: int = 1, credit: str = "1", most: str = "12") -> str:
    """A small policy of the registry."""
    return RULES.format(version=version, credit=credit, most=most)


@dataclass
class Office:
    """A node with one society and one registry, two of whose people may decide."""

    house: House
    owner: TestClient = field(init=False)
    reviewer: TestClient = field(init=False)
    reader: TestClient = field(init=False)
    """Who reads everything and decides nothing: an auditor."""
    count: int = 0

    def __post_init__(self) -> None:
        self.house.add(SOCIETY)
        self.house.add(REGISTRY, Kind.REGISTRY)
        self.owner = self.house.sign_in("owner@pec.example", pec=Role.OWNER)
        self.reviewer = self.house.sign_in("reviewer@pec.example", pec=Role.REVIEWER)
        self.reader = self.house.sign_in("auditor@pec.example", pec=Role.AUDITOR)

    def actor(self, email: str) -> Actor:
        """A member as one who acts for the registry."""
        with self.house.node.database.write() as session:
            person = people.person_of_email(session, email, at=self.house.now)
        return Actor("", REGISTRY, frozenset(SCOPES), person_id=person.id)

    def open(self, *, text: str | None = None) -> None:
        """List the society, and adopt rules: one drafts them, another adopts them."""
        at, node = self.house.now, self.house.node
        new = NewIssuerListing(self.issuer, "listed-society")
        with node.database.write() as session:
            register.add_issuer(session, REGISTRY, new, at=at, who="person:clerk")
        self.adopt(text or rules())

    def adopt(self, text: str) -> str:
        """Adopt a text; gives the version's id."""
        at, node = self.house.now, self.house.node
        author, other = self.actor("owner@pec.example"), self.actor("second@pec.example")
        with node.database.write() as session:
            people.set_roles(
                session, REGISTRY, other.person_id, {Role.OWNER}, at=at, who="system:test"
            )
            version = adoption.draft(session, author, text, at=at)
            adoption.adopt(session, node.statements, other, version.id, at=at)
        return version.id

    @property
    def issuer(self) -> str:
        """The society's id as an issuer."""
        with self.house.node.database.read() as session:
            return trust.issuer_of(session, SOCIETY).id

    def registrant(self, number: str = "", *, name: str = "Ada Obi", language: str = "ur") -> str:
        """The id of a new registrant."""
        self.count += 1
        new = NewRegistrant(number or f"PEC-{self.count}", name, language, "2020-01-01")
        with self.house.node.database.write() as session:
            return register.add(session, REGISTRY, new, at=self.house.now, who="person:clerk").id

    def record(self, number: str, **facts: Any) -> bytes:
        """A record of the society about the registrant with this number."""
        self.count += 1
        given = {
            **COMPLETION,
            "holder": {
                "identifiers": [{"type": f"ext:RegisterNumber.{REGISTRY}", "value": number}]
            },
            "course_run": f"run-{self.count}",
            "course": {
                "title": {"en": f"Bridges, part {self.count}"},
                "url": f"https://society.example/courses/{self.count}",
            },
            **facts,
        }
        answer = self.house.http.post(
            f"/api/v1/societies/{SOCIETY}/completions",
            json=given,
            headers={
                **self.house.token(SOCIETY), "Idempotency-Key": f"office-{self.count}",
            },
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        record_id = answer.json()["id"]
        found = self.house.http.get(
            f"/api/v1/records/{record_id}", headers=self.house.token(SOCIETY)
        )
        return found.content

    def hand_in(self, data: bytes | str, *, number: str = "", as_: Any = None) -> Response:
        """Hand records in by the page of the inbox."""
        content = data.encode() if isinstance(data, str) else data
        answer: Response = (as_ or self.reviewer).post(
            f"{PAGES}/inbox/submit",
            data={"number": number},
            files={"file": ("records.json", content)},
        )
        return answer

    def submitted(self, data: bytes, *, number: str) -> str:
        """The id of the submission of one record."""
        answer = self.hand_in(data, number=number)
        assert answer.status_code == 200, answer.text
        assert "/submissions/" in answer.text, answer.text
        return answer.text.partition(f"{PAGES}/submissions/")[2].partition('"')[0]
