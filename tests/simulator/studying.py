"""An engineer with registrations: registries that count hours and one that counts none."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from fastapi.testclient import TestClient

from app.identity.model import SCOPES, Actor, Kind
from app.identity.people import registrations
from app.identity.people import service as people
from app.identity.people.model import NewRegistration
from app.recognition.adoption import service as adoption
from app.recognition.register import service as register
from app.recognition.register.model import NewRegistrant
from tests.simulator.members import House
from tests.simulator.node import COMPLETION

SOCIETY = "tianfu"
BOARD, OTHER, REFLECT, BARE = "board", "otherboard", "reflect", "bare"
HOLDER = "urn:uuid:0190d5a8-0000-7000-8000-0000000000ad"
"""Ada, in her records."""
ADA, EVE = "ada@example.org", "eve@example.org"

BOARD_POLICY = """\
policy_id: board-rules
policy_version: 1
title: What counts at the board
registry: {registry}
status: draft
valid: {{from: 2020-01-01}}
time_zone: Asia/Karachi
unit: PDH
issuers: {{accept_any: true}}
map:
  - {{id: teaching, when: {{role: instructor_first}}, measure: contact_minutes, per: "60",
     credit: "2", category: teaching}}
  - {{id: own-pace, when: {{kind_in: [self_paced, private_study]}}, measure: contact_minutes,
     per: "60", credit: "1", category: own}}
  - {{id: course, when: {{kind_in: [course, conference, webinar_live]}}, measure: contact_minutes,
     per: "60", credit: "{credit}", category: formal}}
rounding: {{mode: floor, step: "1/2"}}
caps:
  - {{id: own-year, category: own, period: year, max: "4"}}
cycle:
  months: 24
  total: "30"
  first: {first}
  minimums:
    - {{id: ethics, tag: ethics, min: "2"}}
    - {{id: formal, category: formal, min: "10"}}
  carry_over_max: "5"
"""
REFLECT_POLICY = """\
policy_id: reflect-rules
policy_version: 1
registry: reflect
status: draft
valid: {from: 2020-01-01}
issuers: {accept_any: true}
unit: null
regime: evidence_only
map: []
"""


def course(key: str, hours: int, **more: Any) -> dict[str, Any]:
    """A course as its society publishes it."""
    return {
        "title": {"en": f"Bridges {key}", "zh": f"桥梁 {key}"},
        "url": f"https://tianfu.example/{key}",
        "kind": "course",
        "delivery": ["onsite"],
        "teaching_languages": ["zh"],
        "duration": f"PT{hours}H",
        **more,
    }


@dataclass
class Studying:
    """``registrants`` has Ada's by registry."""

    house: House
    registrants: dict[str, str] = field(default_factory=dict)
    courses: dict[str, str] = field(default_factory=dict)
    count: int = 0
    ada: TestClient = field(init=False)
    eve: TestClient = field(init=False)

    def __post_init__(self) -> None:
        house = self.house
        house.add(SOCIETY)
        for registry in (BOARD, OTHER, REFLECT, BARE):
            house.add(registry, Kind.REGISTRY)
        first = house.now.date().replace(day=1, month=1)
        self.adopt(BOARD, BOARD_POLICY.format(registry=BOARD, credit=1, first=first))
        self.adopt(OTHER, BOARD_POLICY.format(registry=OTHER, credit="1/3", first=first))
        self.adopt(REFLECT, REFLECT_POLICY)
        self.ada, self.eve = house.sign_in(ADA), house.sign_in(EVE)
        for registry in (BOARD, OTHER, REFLECT, BARE):
            self.registrants[registry] = self.register(registry, self.person(ADA), f"{registry}-1")

    def adopt(self, registry_id: str, text: str) -> None:
        """A registry's rules, under its own key."""
        actor = Actor(self.house.credentials[registry_id].client_id, registry_id, frozenset(SCOPES))
        with self.house.node.database.write() as session:
            made = adoption.draft(session, actor, text, at=self.house.now)
            adoption.adopt(session, self.house.node.statements, actor, made.id, at=self.house.now)

    def person(self, email: str) -> str:
        with self.house.node.database.write() as session:
            return people.person_of_email(session, email, at=self.house.now).id

    def register(self, registry_id: str, person_id: str, number: str) -> str:
        """Enter somebody into a register, who says so and is confirmed."""
        with self.house.node.database.write() as session:
            stated = NewRegistration(registry_id, number, "2024-01-01", "")
            registrations.add(session, person_id, stated, at=self.house.now)
            new = NewRegistrant(number, "Ada Obi", registered_on="2024-01-01")
            made = register.add(session, registry_id, new, at=self.house.now, who="system:test")
            register.link_person(session, made, person_id, at=self.house.now, who="system:test")
            if people.person_of_email(session, ADA, at=self.house.now).id == person_id:
                register.bind_holder(session, made, HOLDER, at=self.house.now, who="system:test")
            return made.id

    def language(self, email: str, language: str) -> None:
        with self.house.node.database.write() as session:
            person = people.person_of_email(session, email, at=self.house.now)
            people.set_profile(session, person.id, name="Ada", language=language, at=self.house.now)

    def publish(self, key: str, hours: int, **more: Any) -> str:
        """A course in the catalogue."""
        answer = self.house.http.put(
            f"/api/v1/societies/{SOCIETY}/courses/{key}",
            json=course(key, hours, **more),
            headers=self.house.token(SOCIETY),
        )
        assert answer.status_code in {200, 201}, answer.text
        self.courses[key] = str(answer.json()["course_id"])
        return self.courses[key]

    def kept(self, *, days_ago: int = 10, **more: Any) -> str:
        """The id of a record about Ada, that she keeps."""
        self.count += 1
        answer = self.house.http.post(
            f"/api/v1/societies/{SOCIETY}/completions",
            json={
                **COMPLETION,
                "course": {"title": {"en": f"Record {self.count}"}},
                "completed_on": str(self.house.now.date() - timedelta(days_ago)),
                "holder": {"id": HOLDER},
                **more,
            },
            headers={
                **self.house.token(SOCIETY),
                "Idempotency-Key": f"studying-{self.count}",
            },
        )
        assert answer.status_code == 201, answer.text
        record_id = str(answer.json()["id"])
        link = self.house.http.post(
            f"/api/v1/records/{record_id}/holder-link", headers=self.house.token(SOCIETY)
        ).json()
        kept = self.ada.post(f"/holder/{str(link['url']).rpartition('/')[2]}/keep")
        assert kept.status_code == 303, kept.text
        return record_id

    @property
    def today(self) -> date:
        return self.house.now.date()
