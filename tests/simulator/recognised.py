"""What the requests of the route matrix need of agreements and of statements of compliance.

Made by the use cases themselves: a program may ask for so many tokens in a minute, and the matrix
has one minute.
"""

from typing import Any

from app.identity.model import SCOPES, Actor, Kind
from app.recognition.adoption import service as adoption
from app.recognition.agreements import drafting, exchanging
from app.recognition.agreements.desk import Desk as AgreementDesk
from app.recognition.agreements.desk import Which
from app.recognition.agreements.wire import AgreementIn
from app.recognition.compliance import asking, issuing
from app.recognition.compliance.lists import Desk
from app.recognition.compliance.model import NewRequest
from app.recognition.register import service as register
from app.recognition.register.model import NewRegistrant
from app.recognition.register.service import Registrant
from app.trust import service as trust
from tests.simulator.scene import ADA, OWN, REGISTRY, Scene

PARTNER = "partner"
"""Another registry of the same node."""


def did(scene: Scene, registry_id: str) -> str:
    """The DID of a registry; the other one is made when it is first needed."""
    if registry_id not in scene.house.credentials:
        scene.house.add(registry_id, Kind.REGISTRY)
    with scene.house.node.database.write() as session:
        return scene.house.node.statements.issuer(session, registry_id, at=scene.house.now).id


def policy(scene: Scene) -> str:
    """The id of a policy that the registry has adopted, version 1."""
    if not scene.annexed:
        made = scene.adopted()
        with scene.house.node.database.read() as session:
            scene.annexed = adoption.get(session, REGISTRY, made).policy_id
    return scene.annexed


def agreement(scene: Scene, first: str = "2026-01-01") -> dict[str, Any]:
    """One way: the registry takes what the own society issues."""
    with scene.house.node.database.read() as session:
        society = trust.issuer_of(session, OWN).id
    return {
        "other": did(scene, PARTNER),
        "reference": f"Agreement {scene.number()}",
        "texts": {"en": "We take what they vouch for."},
        "valid_from": first,
        "their_issuers": [society],
        "ours": {"tag": "vouched", "policy_id": policy(scene), "policy_version": 1},
    }


def form(scene: Scene) -> dict[str, str]:
    """The same as a member fills it in."""
    given = agreement(scene)
    return {
        "other": given["other"],
        "reference": given["reference"],
        "text": given["texts"]["en"],
        "valid_from": given["valid_from"],
        "their_issuers": given["their_issuers"][0],
        "our_tag": given["ours"]["tag"],
        "our_policy": f"{given['ours']['policy_id']} 1",
    }


def draft(scene: Scene) -> str:
    """The id of an agreement that nobody has signed."""
    return _drafted(scene, REGISTRY, agreement(scene))


def signed(scene: Scene) -> str:
    """The id of an agreement that both have signed."""
    made = draft(scene)
    for who in (REGISTRY, PARTNER):
        _sign(scene, who, made)
    return made


def file(scene: Scene) -> bytes:
    """The file of an agreement that the other registry has signed, and this one has not."""
    given = agreement(scene)
    turned = {
        **given,
        "other": did(scene, REGISTRY),
        "their_issuers": [],
        "our_issuers": given["their_issuers"],
        "ours": None,
        "theirs": given["ours"],
    }
    return _sign(scene, PARTNER, _drafted(scene, PARTNER, turned))


def number(scene: Scene) -> str:
    """The number of a registrant of the registry, which has rules."""
    return registrant(scene).number


def registrant(scene: Scene) -> Registrant:
    """A registrant of the registry, which has rules."""
    policy(scene)
    with scene.house.node.database.write() as session:
        new = NewRegistrant(f"S-{scene.number()}", "Ada Obi")
        return register.add(session, REGISTRY, new, at=scene.house.now, who="system:test")


def mine(scene: Scene) -> Registrant:
    """A registrant who Ada is."""
    made = registrant(scene)
    with scene.house.node.database.write() as session:
        ada = scene.person_in(session, ADA)
        register.link_person(session, made, ada, at=scene.house.now, who="system:test")
    return made


def statement(scene: Scene) -> str:
    """The id of a statement of the registry."""
    return _stated(scene, registrant(scene))


def my_statement(scene: Scene) -> str:
    """The id of a statement about Ada."""
    return _stated(scene, mine(scene))


def request(scene: Scene) -> str:
    """The id of a request that waits."""
    one, new = registrant(scene), NewRequest(day="2025-06-01")
    with scene.house.node.database.write() as session:
        return asking.ask(session, one, new, at=scene.house.now, who="system:test").id


def _desk(scene: Scene) -> AgreementDesk:
    statements = scene.house.node.statements
    return AgreementDesk(statements, lambda session, at: trust.bundle(session, at=at))


def _actor(registry_id: str) -> Actor:
    return Actor("", registry_id, frozenset(SCOPES))


def _drafted(scene: Scene, who: str, given: dict[str, Any]) -> str:
    new = AgreementIn(**given).new()
    with scene.house.node.database.write() as session:
        made = drafting.draft(session, _desk(scene), _actor(who), new, at=scene.house.now)
        return made.agreement.id


def _sign(scene: Scene, who: str, agreement_id: str) -> bytes:
    which, at = Which(agreement_id, 1), scene.house.now
    with scene.house.node.database.write() as session:
        made = exchanging.sign(session, _desk(scene), _actor(who), which, at=at)
        return exchanging.file_of(session, made)


def _stated(scene: Scene, one: Registrant) -> str:
    node = scene.house.node
    with node.database.write() as session:
        return issuing.issue(
            session,
            Desk(node.statements, node.settings.public_url),
            REGISTRY,
            one.id,
            NewRequest(day="2025-06-01"),
            at=scene.house.now,
            who="system:test",
        ).id
