"""A trust bundle as it is carried on a stick: signed by its publisher, a node with a key."""

from dataclasses import dataclass, field, replace

from app.verification import Bundle
from app.verification.bundle import StatusListEntry
from app.verification.signed_bundle import UnsignedBundle
from tests.simulator.issuer import NOW, SimulatedIssuer

PURPOSES = ("revocation", "suspension", "refresh")


def publisher() -> SimulatedIssuer:
    return SimulatedIssuer(society="federation", name="A federation of societies")


@dataclass
class Stick:
    """A publisher and the society that it vouches for."""

    society: SimulatedIssuer = field(default_factory=SimulatedIssuer)
    publisher: SimulatedIssuer = field(default_factory=publisher)

    def lists(
        self, *, embedded: bool = False, ttl: int | None = None, **changes: str
    ) -> dict[str, StatusListEntry]:
        """The society's three lists, as tokens; ``changes`` are those of each list's document.

        ``ttl`` is in milliseconds, as Bitstring Status List 1.0 (section 2.2) wants it.
        """
        held = {}
        for purpose in PURPOSES:
            url = self.society.list_url(purpose)
            document = self.society.status_document(purpose, **changes)
            if ttl is not None:
                document["credentialSubject"]["ttl"] = ttl
            body = (
                self.society.secure_json(document)
                if embedded
                else self.society.secure_jwt(document).encode()
            )
            held[url] = StatusListEntry(url, body, NOW)
        return held

    def bundle(self, **changes: object) -> Bundle:
        issuers = {one.id: one.entry() for one in (self.society, self.publisher)}
        made = Bundle(7, NOW, issuers, self.lists(), publisher=self.publisher.id)
        return replace(made, **changes)

    def signed(self, bundle: Bundle | None = None, *, by: SimulatedIssuer | None = None) -> bytes:
        unsigned = UnsignedBundle(bundle or self.bundle())
        key = (by or self.publisher).token_key
        signature = (by or self.publisher).sign(key.id, unsigned.signing_input(key))
        return unsigned.attach([(key, signature)])
