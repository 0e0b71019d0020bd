"""What the requests of the route matrix need of agreements and of statements of compliance."""

from typing import Any

from app.identity.model import Kind
from app.recognition.compliance import asking, issuing
from app.recognition.compliance.lists import Desk
from app.recognition.compliance.model import NewRequest
from app.recognition.register import service as register
from app.trust import service as trust
from tests.simulator.scene import OWN, REGISTRY, Scene

PARTNER = "partner"
"""Another registry of the same node."""


def partner(scene: Scene) -> str:
    """The DID of the other registry, which is made when it is first needed."""
    if PARTNER not in scene.house.credentials:
        scene.house.add(PARTNER, Kind.REGISTRY)
    with scene.house.node.database.write() as session:
        return scene.house.node.statements.issuer(session, PARTNER, at=scene.house.now).id


def agreement(scene: Scene, first: str = "2026-01-01") -> dict[str, Any]:
    """One way: the registry takes what the own society issues."""
    policy = adopted_policy(scene)
    with scene.house.node.database.read() as session:
        society = trust.issuer_of(session, OWN).id
    return {
        "other": partner(scene),
        "reference": f"Agreement {scene.number()}",
        "texts": {"en": "We take what they vouch for."},
        "valid_from": first,
        "their_issuers": [society],
        "ours": {"tag": "vouched", "policy_id": policy, "policy_version": 1},
    }


def adopted_policy(scene: Scene) -> str:
    """The policy's id of a version that the registry has adopted."""
    made = scene.adopted()
    answer = scene.house.http.get(
        f"/api/v1/registries/{REGISTRY}/policies/{made}", headers=scene.house.token(REGISTRY)
    )
    return str(answer.json()["policy_id"])


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


def number(scene: Scene) -> str:
    """The number of a registrant of the registry, which has rules."""
    registrant_id = scene.registrant_with_rules()
    with scene.house.node.database.read() as session:
        return register.get(session, REGISTRY, registrant_id).number


def draft(scene: Scene) -> str:
    """The id of an agreement that nobody has signed."""
    return scene.at_registry("/agreements", agreement(scene))


def signed(scene: Scene) -> str:
    """The id of an agreement that both have signed."""
    made = draft(scene)
    for who in (REGISTRY, PARTNER):
        _sign(scene, who, made)
    return made


def file(scene: Scene) -> bytes:
    """The file of an agreement that the other registry has signed, and this one has not."""
    with scene.house.node.database.write() as session:
        at = scene.house.now
        own = scene.house.node.statements.issuer(session, REGISTRY, at=at).id
    given = agreement(scene)
    turned = {
        **given,
        "other": own,
        "their_issuers": [],
        "our_issuers": given["their_issuers"],
        "ours": None,
        "theirs": given["ours"],
    }
    place = f"/api/v1/registries/{PARTNER}/agreements"
    token = scene.house.token(PARTNER)
    made = scene.house.http.post(place, json=turned, headers=token)
    assert made.status_code == 201, made.text
    _sign(scene, PARTNER, made.json()["id"])
    return scene.house.http.get(f"{place}/{made.json()['id']}/1/file", headers=token).content


def _sign(scene: Scene, who: str, agreement_id: str) -> None:
    answer = scene.house.http.post(
        f"/api/v1/registries/{who}/agreements/{agreement_id}/1/sign",
        headers=scene.house.token(who),
    )
    assert answer.status_code == 200, answer.text


def statement(scene: Scene) -> str:
    """The id of a statement of the registry."""
    return _stated(scene, scene.registrant_with_rules())


def my_statement(scene: Scene) -> str:
    """The id of a statement about Ada."""
    return _stated(scene, scene.mine())


def request(scene: Scene) -> str:
    """The id of a request that waits."""
    registrant_id = scene.registrant_with_rules()
    with scene.house.node.database.write() as session:
        one = register.get(session, REGISTRY, registrant_id)
        new = NewRequest(day="2025-06-01")
        return asking.ask(session, one, new, at=scene.house.now, who="system:test").id


def _stated(scene: Scene, registrant_id: str) -> str:
    node = scene.house.node
    with node.database.write() as session:
        return issuing.issue(
            session,
            Desk(node.statements, node.settings.public_url),
            REGISTRY,
            registrant_id,
            NewRequest(day="2025-06-01"),
            at=scene.house.now,
            who="system:test",
        ).id
