"""Four made-up registries, each with rules adopted under its own key, and what they decided.

They exist nowhere, and their rules say so: the forms follow what real bodies have published, the
numbers are made up. An engineer is registered in two of them; records were given to one, which
accepted some, refused one that was revoked, and looks at one whose issuer it does not list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.demo.societies import DATA, INDUS, RIFT, TIANFU
from app.identity import store
from app.identity.model import SCOPES, Actor, Kind, Role
from app.identity.people import registrations, service
from app.identity.people.model import NewRegistration
from app.platform import clock
from app.recognition.adoption import service as adoption
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Origin
from app.recognition.register import service as register
from app.recognition.register.model import NewIssuerListing, NewRegistrant
from app.records.enrolment import NewOrganisation, Office
from app.trust import service as trust
from app.trust.known import KnownBundle
from app.wiring import Node

REGISTRY = "register"
REGISTRAR = "tomas@register.example"
REVIEWER = "mary@register.example"
ENGINEER = "wanjiku@engineer.example"
HOLDER = "urn:uuid:6f1c2d4e-0003-4d3a-9b7e-5a5e3c0de003"
"""The engineer, as the holder of records."""
_WHO = "system:demo"


@dataclass(frozen=True, slots=True)
class DemoRegistry:
    """A registry that does not exist. ``listed`` are the societies it lists, each with a tag."""

    id: str
    name: str
    listed: Mapping[str, str] = field(default_factory=dict)


REGISTRIES = (
    DemoRegistry(
        REGISTRY,
        "Register of Engineers (demonstration)",
        {TIANFU.id: "listed-society", RIFT.id: "listed-society"},
    ),
    DemoRegistry(
        "indus-council",
        "Indus Engineering Council (demonstration)",
        {TIANFU.id: "partner-society", INDUS.id: "own-society"},
    ),
    DemoRegistry("straits-board", "Straits Board of Engineers (demonstration)"),
    DemoRegistry(
        "cape-council",
        "Cape Council for Engineering (demonstration)",
        {TIANFU.id: "validated-provider"},
    ),
)
_REGISTRANTS: Sequence[tuple[str, str, str, str]] = (
    (REGISTRY, "KE-DEMO-0003", "Wanjiku Kamau", "2024-03-01"),
    (REGISTRY, "KE-DEMO-0004", "Otieno Odhiambo", "2023-07-15"),
    (REGISTRY, "PK-DEMO-0002", "Sana Malik", "2025-01-10"),
    ("indus-council", "IC-0815", "Wanjiku Kamau", "2025-05-20"),
)
_SUBMITTED: Mapping[str, Sequence[int]] = {
    "KE-DEMO-0003": (3, 5),
    "KE-DEMO-0004": (4,),
    "PK-DEMO-0002": (2,),
}
"""By number in the register: which of the records in the folder were given to it."""


def enter(node: Node) -> None:
    """The registries, their rules, lists and registrants; done again it changes nothing."""
    at = clock.now()
    office = Office(node.signer, node.settings.public_url)
    for one in REGISTRIES:
        with node.database.write() as session:
            if store.find_organisation(session, one.id) is None:
                new = NewOrganisation(one.id, Kind.REGISTRY, one.name)
                office.add(session, new, at=at, who=_WHO)
    with node.database.write() as session:
        for email, role in ((REGISTRAR, Role.OWNER), (REVIEWER, Role.REVIEWER)):
            person = service.person_of_email(session, email, at=at)
            service.set_roles(session, REGISTRY, person.id, {role}, at=at, who=_WHO)
    for one in REGISTRIES:
        with node.database.write() as session:
            if not adoption.adopted(session, one.id):
                _adopt(node, session, one, at=at)
    with node.database.write() as session:
        _fill_register(session, at=at)


def _adopt(node: Node, session: Session, one: DemoRegistry, *, at: datetime) -> None:
    """Adopt its rules in its own name, and list the societies that it knows."""
    text = (DATA / "policies" / f"{one.id}.yaml").read_text(encoding="utf-8")
    actor = Actor("", one.id, frozenset(SCOPES))
    if one.id == REGISTRY:
        person = service.person_of_email(session, REGISTRAR, at=at)
        actor = Actor("", one.id, frozenset(SCOPES), person_id=person.id)
    made = adoption.draft(session, actor, text, at=at)
    adoption.adopt(session, node.statements, actor, made.id, at=at)
    for society_id, tag in one.listed.items():
        issuer = trust.issuer_of(session, society_id)
        listing = NewIssuerListing(issuer.id, tag, "2026-01-01", note="For the demonstration.")
        register.add_issuer(session, one.id, listing, at=at, who=_WHO)


def _fill_register(session: Session, *, at: datetime) -> None:
    engineer = service.person_of_email(session, ENGINEER, at=at)
    for registry_id, number, name, since in _REGISTRANTS:
        if register.find(session, registry_id, number) is not None:
            continue
        new = NewRegistrant(number, name, language="en", registered_on=since)
        made = register.add(session, registry_id, new, at=at, who=_WHO)
        if name == "Wanjiku Kamau":
            stated = NewRegistration(registry_id, number, since, "")
            entry = registrations.add(session, engineer.id, stated, at=at)
            register.confirm(session, registry_id, entry.id, at=at, who=_WHO)
            register.bind_holder(session, made, HOLDER, at=at, who=_WHO)
    # The register's own numbers are what these societies write into their records.
    register.set_number_types(session, REGISTRY, ["ext:RegisterNumber"], at=at, who=_WHO)


def submit(node: Node, folder: Path) -> int:
    """Give records to the register, which decides at once; says how many it has."""
    desk, at = ledger.Desk(KnownBundle(node.database).at), clock.now()
    for number, records in _SUBMITTED.items():
        with node.database.read() as session:
            registrant = register.find(session, REGISTRY, number)
        if registrant is None:
            continue
        ledger.submit(
            node.database,
            desk,
            REGISTRY,
            registrant.id,
            [(folder / f"{record}.jwt").read_bytes() for record in records],
            origin=Origin.MEMBER,
            who=_WHO,
            at=at,
        )
    return sum(map(len, _SUBMITTED.values()))
