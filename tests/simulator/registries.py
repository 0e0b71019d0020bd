"""Registries with registrants, and verification reports of records that are about them."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import service as identity
from app.identity.model import SCOPES, Actor, Kind, Role
from app.identity.people import service as people
from app.recognition.register import service as register
from app.recognition.register.model import NewRegistrant, Registrant
from app.records.build import identity_hash
from app.verification.model import Identity, Record, Report
from tests.conftest import NOW

WHO = "person:clerk"
HOLDER = "urn:uuid:0190d5a8-0000-7000-8000-00000000000{}"
SALT = "c2FsdHktc2FsdC1zYWx0LXNhbHQ{}"

POLICY = """\
policy_id: {policy_id}
policy_version: {version}
registry: {registry}
status: {status}
valid: {{from: {first}, to: {last}}}
unit: hour
issuers: {{accept_any: true}}
map:
  - id: hours
    when: {{kind_in: [course]}}
    measure: contact_minutes
    per: "60"
    credit: "{credit}"
    category: courses
cycle: {{months: 12, total: "20"}}
"""


def add_registry(session: Session, registry_id: str, *, at: datetime = NOW) -> None:
    """A registry without members."""
    identity.add_organisation(
        session,
        id=registry_id,
        kind=Kind.REGISTRY,
        name=f"The registry {registry_id}",
        at=at,
    )


def add_registrant(
    session: Session, registry_id: str, number: str, *, at: datetime = NOW, name: str = "Ada Obi"
) -> Registrant:
    """One registrant of the registry."""
    return register.add(session, registry_id, NewRegistrant(number, name), at=at, who=WHO)


def member(
    session: Session, registry_id: str, email: str, *, at: datetime = NOW, role: Role = Role.OWNER
) -> Actor:
    """A person who is a member of the registry, as one who acts for it."""
    person = people.person_of_email(session, email, at=at)
    people.set_roles(session, registry_id, person.id, {role}, at=at, who="system:test")
    return Actor("", registry_id, frozenset(SCOPES), person_id=person.id)


def policy_text(
    registry: str,
    *,
    policy_id: str = "rules",
    version: int = 1,
    status: str = "draft",
    first: str = "null",
    last: str = "null",
    credit: str = "1",
) -> str:
    """A small policy of a registry."""
    return POLICY.format(
        policy_id=policy_id,
        version=version,
        registry=registry,
        status=status,
        first=first,
        last=last,
        credit=credit,
    )


def reported(
    *, holder: int | None = 1, numbers: tuple[tuple[str, str], ...] = (), at: datetime = NOW
) -> Report:
    """The report of a genuine record about a holder, with numbers by their types."""
    identities = tuple(
        Identity(kind, identity_hash(number, salt=SALT.format(place)), SALT.format(place))
        for place, (kind, number) in enumerate(numbers)
    )
    record = Record(
        id="urn:uuid:0190d5a8-0000-7000-8000-000000000099",
        title="A course",
        issuer_id="did:web:society.example",
        issuer_name="A society",
        holder_id=None if holder is None else HOLDER.format(holder),
        valid_from=at,
        awarded_at=at,
        identities=identities,
    )
    return Report((), record, "completion", "vc+jwt", at, 1, "0" * 64)
