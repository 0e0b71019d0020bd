"""A whole node with a society's courses and registries that have adopted rules of their own."""

from dataclasses import dataclass, field
from typing import Any

from app.catalogue import service as catalogue
from app.identity.model import SCOPES, Actor, Kind
from app.recognition.adoption import service as adoption
from app.recognition.register import service as register
from app.recognition.register.model import NewIssuerListing, NewRegistrant
from app.search import indexer
from app.trust import service as trust
from tests.simulator.members import House

SOCIETY, OTHER = "tianfu", "rift"
HOURS, STRICT, PENDING = "hours", "strict", "pending"
"""Registries: one that takes whoever issues, one that asks much, one that has adopted nothing."""

HOURS_POLICY = f"""\
policy_id: {HOURS}-rules
policy_version: 1
title: What counts at hours
registry: {HOURS}
status: draft
valid: {{from: 2026-01-01}}
unit: PDU
rule_sources: [Rules of 2026, section 4]
issuers: {{accept_any: true}}
delivery:
  self_paced_online: {{require: [assessed], on_missing: reject}}
map:
  - id: own-pace
    when: {{mode: self_paced_online}}
    measure: contact_minutes
    per: "240"
    credit: "1"
    category: distance
  - id: course
    when: {{kind_in: [course, conference]}}
    measure: contact_minutes
    per: "120"
    credit: "1"
    category: structured
caps:
  - {{id: structured-year, category: structured, period: year, max: "20"}}
cycle:
  months: 12
  total: "50"
  minimums: [{{id: structured, category: structured, min: "10"}}]
"""
STRICT_POLICY = f"""\
policy_id: {STRICT}-agreement
policy_version: 1
title: Courses of listed societies
registry: {STRICT}
basis: {{type: bilateral_mra, ref: TF-STRICT-2026, annex: cpd-1}}
status: draft
unit: credit
issuers: {{accept_tags: [listed-society], otherwise: review, standing_on_completion: review}}
languages: {{accept: [en, zh], otherwise: review}}
map:
  - id: course
    when: {{kind_in: [course]}}
    measure: contact_minutes
    per: "600"
    credit: "1"
    category: formal
rounding: {{mode: nearest, step: "1/3", tie: up}}
"""


def course(key: str, hours: int | None, **more: Any) -> dict[str, Any]:
    return {
        "title": {"en": f"Bridges {key}"},
        "url": f"https://tianfu.example/{key}",
        "kind": "course",
        "delivery": ["onsite"],
        "teaching_languages": ["zh"],
        **({"duration": f"PT{hours}H"} if hours else {}),
        **more,
    }


COURSES: dict[str, dict[str, Any]] = {
    "long": course("long", 16),
    "short": course("short", 4, runs=[{"id": "a", "start": "2099-02-01", "end": "2099-02-02"}]),
    "online": course("online", 8, delivery=["onsite", "online-async"]),
    "unsaid": course("unsaid", 6, delivery=[]),
    "untimed": course("untimed", None),
}


@dataclass
class Counting:
    """``ids`` has the id of each course by its key."""

    house: House
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        house = self.house
        for society in (SOCIETY, OTHER):
            house.add(society)
        for registry in (HOURS, STRICT, PENDING):
            house.add(registry, Kind.REGISTRY)
        self.adopt(HOURS, HOURS_POLICY)
        self.adopt(STRICT, STRICT_POLICY)
        for key, one in COURSES.items():
            self.publish(SOCIETY, key, one)
        with house.node.database.write() as session:
            listing = NewIssuerListing(self.issuer(SOCIETY), "listed-society", "2026-01-01")
            register.add_issuer(session, STRICT, listing, at=house.now, who="system:test")
        self.index()

    def issuer(self, society_id: str) -> str:
        with self.house.node.database.read() as session:
            return trust.issuer_of(session, society_id).id

    def publish(self, society_id: str, key: str, one: dict[str, Any]) -> str:
        answer = self.house.http.put(
            f"/api/v1/societies/{society_id}/courses/{key}",
            json=one,
            headers=self.house.token(society_id),
        )
        assert answer.status_code in {200, 201}, answer.text
        self.ids[key] = str(answer.json()["course_id"])
        return self.ids[key]

    def index(self) -> None:
        node = self.house.node
        indexer.drain(node.database, node.index, at=self.house.now)

    def adopt(self, registry_id: str, text: str) -> str:
        """A version of a registry without members, adopted by its program."""
        client = self.house.credentials[registry_id].client_id
        actor = Actor(client, registry_id, frozenset(SCOPES))
        with self.house.node.database.write() as session:
            made = adoption.draft(session, actor, text, at=self.house.now)
            adoption.adopt(session, self.house.node.statements, actor, made.id, at=self.house.now)
        return made.id

    def register(self, registry_id: str, person_id: str, number: str) -> None:
        """Enter a person into a register, and confirm that it is he or she."""
        with self.house.node.database.write() as session:
            new = NewRegistrant(number, "Ada Obi", registered_on="2025-01-01")
            made = register.add(session, registry_id, new, at=self.house.now, who="system:test")
            register.link_person(session, made, person_id, at=self.house.now, who="system:test")

    def names(self) -> dict[str, str]:
        """Key by course id."""
        with self.house.node.database.read() as session:
            found = catalogue.get_courses(session, list(self.ids.values()))
        keys = {course_id: key for key, course_id in self.ids.items()}
        return {one.id: keys[one.id] for one in found}
