"""Two nodes with a registry and societies each, that agree on whose records they take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.identity.model import Actor
from app.platform.db import Database
from app.recognition.adoption import service as adoption
from app.recognition.agreements import drafting, exchanging, receiving
from app.recognition.agreements.desk import Desk, Which
from app.recognition.agreements.model import Standing
from app.recognition.agreements.writing import NewAgreement, NewTerms
from app.recognition.register import service as register
from app.trust import importing, publishing, service
from app.trust.statements import Statements
from tests.simulator.registries import add_registry, member, policy_text
from tests.simulator.signing import MemorySigner

TAG = "partner-society"


@dataclass
class PartyNode:
    """A node with its own keys, and a registry of one member. ``now`` is turned by setting it."""

    database: Database
    public_url: str
    registry: str
    now: datetime
    signer: MemorySigner = field(default_factory=MemorySigner)

    def __post_init__(self) -> None:
        self.statements = Statements(self.signer, public_url=self.public_url)
        self.desk = Desk(self.statements, lambda session, at: service.bundle(session, at=at))
        with self.database.write() as session:
            service.add_node_issuer(
                session, self.signer, name="A node", public_url=self.public_url, at=self.now
            )
            self.add_registry(session, self.registry)

    def add_registry(self, session: Session, registry_id: str) -> None:
        """One more registry, with a member who may do everything and an adopted policy."""
        add_registry(session, registry_id, at=self.now)
        self.statements.issuer(session, registry_id, at=self.now)
        self.adopt(session, registry_id, version=1)

    def adopt(self, session: Session, registry_id: str, *, version: int) -> None:
        """Adopt a version of the policy that is annexed to agreements."""
        name = f"{registry_id}-annex"
        text = policy_text(registry_id, policy_id=name, version=version).replace(
            "issuers: {accept_any: true}",
            f"issuers: {{accept_tags: [{TAG}]}}\nscope: {{kinds: [course]}}",
        )
        actor = self.actor(session, registry_id)
        made = adoption.draft(session, actor, text, at=self.now)
        adoption.adopt(session, self.statements, actor, made.id, at=self.now)

    def actor(self, session: Session, registry_id: str | None = None) -> Actor:
        """The registry's member."""
        name = registry_id or self.registry
        return member(session, name, f"owner@{name}.example", at=self.now)

    def did(self, registry_id: str | None = None) -> str:
        name = registry_id or self.registry
        with self.database.read() as session:
            return service.registry_issuer(session, name).id

    def add_society(self, society_id: str) -> str:
        """A society that issues; its DID."""
        with self.database.write() as session:
            return service.add_issuer(
                session, self.signer, society_id=society_id, name=f"Society {society_id}",
                url=None, public_url=self.public_url, at=self.now,
            ).id  # fmt: skip

    def learn(self, other: "PartyNode") -> None:
        """Import the other node's trust bundle."""
        with other.database.write() as session:
            body = publishing.export_bundle(session, other.signer, at=other.now).body
        with self.database.write() as session:
            importing.import_bundle(session, body, at=self.now, first_use=True)

    def policy_hash(self, registry_id: str | None = None) -> str:
        name = registry_id or self.registry
        with self.database.read() as session:
            return adoption.get_policy(session, name, f"{name}-annex", 1).hash

    def draft(self, new: NewAgreement, registry_id: str | None = None) -> Standing:
        with self.database.write() as session:
            return drafting.draft(
                session, self.desk, self.actor(session, registry_id), new, at=self.now
            )

    def amend(self, one: Standing, new: NewAgreement) -> Standing:
        with self.database.write() as session:
            return drafting.amend(
                session, self.desk, self.actor(session), one.agreement.id, new, at=self.now
            )

    def sign(self, one: Standing, registry_id: str | None = None) -> Standing:
        with self.database.write() as session:
            return exchanging.sign(
                session, self.desk, self.actor(session, registry_id), which(one), at=self.now
            )

    def receive(self, data: bytes, registry_id: str | None = None) -> Standing:
        with self.database.write() as session:
            return receiving.receive(
                session, self.desk, self.actor(session, registry_id), data, at=self.now
            )

    def end(self, one: Standing, **day: Any) -> Standing:
        with self.database.write() as session:
            return exchanging.end(
                session, self.desk, self.actor(session), which(one), at=self.now, **day
            )

    def file(self, one: Standing) -> bytes:
        with self.database.read() as session:
            return exchanging.file_of(session, one)

    def listed(self, did: str, registry_id: str | None = None) -> list[tuple[str, str, str]]:
        """What the registry lists of an issuer: tag, first and last day."""
        with self.database.read() as session:
            found = register.issuer_listings(session, registry_id or self.registry, did)
        return sorted(
            (one.tag, str(one.span.first), str(one.span.last)) for one in found if not one.struck
        )


def which(one: Standing) -> Which:
    return Which(one.agreement.id, one.agreement.version)


def between(
    own: PartyNode, partner: PartyNode, *, issuers: Mapping[str, tuple[str, ...]], **changed: Any
) -> NewAgreement:
    """Both take each other's courses. ``issuers`` by registry; ``changed`` are other fields."""
    given: dict[str, Any] = {
        "other": partner.did(),
        "reference": "PEC-EBK 2026/1",
        "texts": {"en": "Each takes the other's courses.", "zh": "相互承认课程。"},
        "valid_from": "2026-01-01",
        "valid_to": "2028-12-31",
        "our_issuers": issuers.get(own.registry, ()),
        "their_issuers": issuers.get(partner.registry, ()),
        "ours": NewTerms(TAG, f"{own.registry}-annex", 1, kinds=("course",)),
        "theirs": NewTerms(
            TAG, f"{partner.registry}-annex", 1, partner.policy_hash(), kinds=("course",)
        ),
    }
    return NewAgreement(**{**given, **changed})
