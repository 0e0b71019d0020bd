"""What becomes of records when the keys that signed them are rotated, retired or compromised.

A walk through the life of a society's keys. At each step every record is verified in both forms:
by the node itself, and by a partner with the signed bundle of every step so far.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from app.proof.keys import SIGNING
from app.records import status
from app.trust import keys, publishing
from app.trust import service as trust
from app.verification import Bundle, NotAccepted, verify
from app.verification.signed_bundle import open_bundle
from tests.simulator.issuer import NOW
from tests.simulator.node import COMPLETION, Node

DAY = timedelta(days=1)


@dataclass
class Walk:
    """The node, the records so far, the bundles so far, and what was found."""

    node: Node
    records: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    bundles: dict[str, Bundle] = field(default_factory=dict)
    verdicts: dict[str, dict[str, str]] = field(default_factory=dict)
    """By step and by ``record form (bundle)``: ``accepted``, or the error code of the check."""

    @property
    def issuer_id(self) -> str:
        with self.node.database.read() as session:
            return trust.issuer_of(session, "cse").id

    def issue(self, name: str) -> None:
        completion = COMPLETION | {"course_run": name}
        told = self.node.complete("cse", completion, key=name).json()
        self.records[name] = self.node.forms(told["id"], "cse")

    def look(self, step: str) -> None:
        """Make a bundle, and verify everything with everything."""
        node = self.node
        with node.database.write() as session:
            body = publishing.export_bundle(session, node.signer, at=node.now).body
        self.bundles[step] = open_bundle(body, publisher_keys=None, least_version=None).bundle
        found: dict[str, str] = {}
        for name, forms in self.records.items():
            for form, record in zip(("JSON", "JWT"), forms, strict=True):
                answer = node.verify(record).json()
                online = "accepted" if answer["verified"] else self._error(record, self._known())
                found[f"{name} {form} online"] = online
                for made, bundle in self.bundles.items():
                    found[f"{name} {form} bundle of {made}"] = self._error(record, bundle)
        self.verdicts[step] = found
        node.now += DAY

    def change(self, change: Callable[..., object]) -> None:
        """Change the keys as the command does: with the lists that outlive the change."""
        with self.node.database.write() as session:
            change(session)
            status.renew_all(session, self.node.signer, society_id="cse", at=self.node.now)

    def key_ids(self) -> list[str]:
        """The keys that sign now."""
        with self.node.database.read() as session:
            issuer = trust.issuer_of(session, "cse")
        return [held.key.id for algorithm in SIGNING for held in issuer.current(algorithm)]

    def _known(self) -> Bundle:
        with self.node.database.read() as session:
            return trust.bundle(session, at=self.node.now)

    def _error(self, record: bytes, bundle: Bundle) -> str:
        try:
            verify(record, bundle=bundle, at=self.node.now).accept()
        except NotAccepted as refused:
            return str(refused.check.evidence.get("error", refused.check.code))
        return "accepted"


def walk(node: Node) -> Walk:
    """Issue, rotate, issue, compromise the retired keys, issue, compromise the current ones."""
    node.add_society("cse", name="Society of Civil Engineers")
    with node.database.write() as session:
        trust.add_node_issuer(
            session, node.signer, name="The node", public_url=node.public_url, at=NOW
        )
    on = Walk(node)
    first = on.key_ids()
    on.issue("A")
    on.look("issue A")
    on.change(
        lambda session: keys.rotate(session, node.signer, issuer_id=on.issuer_id, at=node.now)
    )
    on.issue("B")
    on.look("rotate, issue B")
    second = on.key_ids()
    for key_id in first:
        on.change(_compromised(on, key_id))
    on.issue("C")
    on.look("compromise A's keys, issue C")
    for key_id in second:
        on.change(_compromised(on, key_id))
    on.issue("D")
    on.look("compromise B's and C's keys, issue D")
    return on


def _compromised(on: Walk, key_id: str) -> Callable[..., object]:
    """Since an hour ago: whatever the key signed before is worth nothing either."""
    since = on.node.now - timedelta(hours=1)
    return lambda session: keys.compromise(
        session, on.node.signer, key_id, since=since, at=on.node.now
    )
