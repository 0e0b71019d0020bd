"""The records of a registry's day: valid, capped, revoked, doubled, unclear, foreign, forged.

All are really issued and signed: by a society of the node, by two societies elsewhere whose keys
the node learns from a signed bundle, and by somebody whom nobody knows.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.identity.people import service as people
from app.proof.times import write_time
from app.recognition.ledger import service as ledger
from app.recognition.ledger.service import Filter
from app.recognition.register import service as register
from app.recognition.register.model import NewIssuerListing
from app.records.build import identity_hash
from app.trust.importing import import_bundle
from app.verification import Bundle
from app.verification.bundle import StatusListEntry
from app.verification.signed_bundle import UnsignedBundle
from tests.simulator.issuer import SimulatedIssuer
from tests.simulator.node import COMPLETION
from tests.simulator.registry_office import REGISTRY, SOCIETY, Office

SALT = "c2FsdHktc2FsdC1zYWx0LXNhbHQ"
PURPOSES = ("revocation", "suspension", "refresh")
NAMES = ("Ada Obi", "Li Wei 李伟", "Иван Петров", "فاطمة علي", "José Núñez")
HOUR = timedelta(hours=1)


def stick(at: datetime, *societies: SimulatedIssuer) -> bytes:
    """A signed bundle that vouches for these societies, whose lists are fresh."""
    publisher = SimulatedIssuer(society="federation", name="A federation of societies")
    lists = {}
    for one in societies:
        for purpose in PURPOSES:
            document = one.status_document(
                purpose, validFrom=write_time(at - HOUR), validUntil=write_time(at + 24 * HOUR)
            )
            url = one.list_url(purpose)
            lists[url] = StatusListEntry(url, one.secure_jwt(document).encode(), at)
    issuers = {one.id: one.entry() for one in (publisher, *societies)}
    unsigned = UnsignedBundle(Bundle(1, at, issuers, lists, publisher=publisher.id))
    key = publisher.token_key
    return unsigned.attach([(key, publisher.sign(key.id, unsigned.signing_input(key)))])


@dataclass
class Day:
    """What arrives on one day, and which submission each notable record became."""

    office: Office
    people: dict[str, str] = field(default_factory=dict)
    """Registrants' ids by e-mail address."""
    named: dict[str, str] = field(default_factory=dict)
    """What a record is called here: its id."""
    count: int = 0
    _token: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        at = self.office.house.now
        self.listed = SimulatedIssuer(society="kse")
        self.unlisted = SimulatedIssuer(society="nse", name="Nobody's Society of Engineers")
        self.forger = SimulatedIssuer(base_url="https://forger.example", society="kse")
        with self.office.house.node.database.write() as session:
            import_bundle(session, stick(at, self.listed, self.unlisted), at=at, first_use=True)
            new = NewIssuerListing(self.listed.id, "listed-society")
            register.add_issuer(session, REGISTRY, new, at=at, who="person:clerk")
        self._token = self.office.house.token(SOCIETY)

    def register(self, engineers: Mapping[str, str]) -> None:
        """Forty registrants R-1 to R-40; the first are people with accounts and languages."""
        at, database = self.office.house.now, self.office.house.node.database
        for number in range(1, 41):
            name = NAMES[(number - 1) % len(NAMES)]
            email, language = (
                list(engineers.items())[number - 1] if number <= len(engineers) else ("", "en")
            )
            made = self.office.registrant(f"R-{number}", name=name, language=language)
            if not email:
                continue
            with database.write() as session:
                person = people.person_of_email(session, email, at=at)
                people.set_profile(session, person.id, name=name, language=language, at=at)
                one = register.get(session, REGISTRY, made)
                register.link_person(session, one, person.id, at=at, who="person:clerk")
            self.people[email] = made

    def registrant(self, email: str) -> str:
        return self.people[email]

    def submission(self, name: str) -> str:
        """The id of the submission of a record that has a name here."""
        with self.office.house.node.database.read() as session:
            wanted = Filter(record_id=self.named[name])
            (found,) = ledger.page(session, REGISTRY, wanted=wanted).items
        return found.id

    def records(self) -> bytes:
        """Two hundred lines, each naming a registrant and holding a record."""
        lines = [*self._valid(), *self._capped(), *self._revoked(), *self._doubled()]
        lines += [*self._unclear(), *self._foreign()]
        return b"\n".join(lines)

    def _valid(self) -> Iterator[bytes]:
        """110, of an hour each: R-1 to R-35, none of whom comes near the cap."""
        for place in range(110):
            name = "of-ada" if place == 0 else ""
            yield self._line(place % 35 + 1, self._issued(place % 35 + 1, name=name))

    def _capped(self) -> Iterator[bytes]:
        """20: four of six hours for R-36 to R-40; twelve count in a year."""
        for number in range(36, 41):
            for place in range(4):
                name = "capped" if (number, place) == (36, 3) else ""
                yield self._line(number, self._issued(number, name=name, contact_minutes=360))

    def _revoked(self) -> Iterator[bytes]:
        for place in range(15):
            record = self._issued(place + 1, name="revoked" if place == 0 else "")
            record_id = json.loads(record)["id"].removeprefix("urn:uuid:")
            answer = self.office.house.http.post(
                f"/api/v1/records/{record_id}/revoke",
                json={"reason": "error"},
                headers=self._token,
            )
            assert answer.status_code < 300, answer.text
            yield self._line(place + 1, record)

    def _doubled(self) -> Iterator[bytes]:
        """15 records of activities of which R-1 to R-15 have handed in another one."""
        for place in range(15):
            course = self._course(place + 1)  # the one of the valid record with that number
            name = "duplicate" if place == 0 else ""
            yield self._line(place + 1, self._issued(place + 1, name=name, course=course))

    def _unclear(self) -> Iterator[bytes]:
        """20 conferences, of which the rules say nothing."""
        for place in range(20):
            name = {0: "conference", 1: "of-li"}.get(place, "")
            number = 2 if place == 1 else place + 3
            yield self._line(number, self._issued(number, name=name, kind="conference"))

    def _foreign(self) -> Iterator[bytes]:
        """10 of a listed society elsewhere, 5 of one that is not listed, 5 that are forged."""
        for society, count, name in (
            (self.listed, 10, "foreign"), (self.unlisted, 5, "unlisted"), (self.forger, 5, "forged")
        ):  # fmt: skip
            for place in range(count):
                yield self._line(place + 20, self._of_others(society, place, name))

    def _course(self, number: int) -> dict[str, Any]:
        return {
            "title": {"en": f"Bridges, part {number}"},
            "url": f"https://society.example/courses/{number}",
        }

    def _issued(self, number: int, *, name: str = "", **facts: Any) -> bytes:
        """A record that the society of this node issues about R-``number``."""
        self.count += 1
        holder = {
            "identifiers": [{"type": f"ext:RegisterNumber.{REGISTRY}", "value": f"R-{number}"}]
        }
        given = {
            **COMPLETION,
            "holder": holder,
            "contact_minutes": 60,
            "course": self._course(self.count),
            "course_run": f"run-{self.count}",
            **facts,
        }
        answer = self.office.house.http.post(
            f"/api/v1/societies/{SOCIETY}/completions",
            json=given,
            headers={**self._token, "Idempotency-Key": f"day-{self.count}"},
        )
        assert answer.status_code == 201, answer.text
        record: bytes = self.office.house.http.get(
            f"/api/v1/records/{answer.json()['id']}", headers=self._token
        ).content
        if name:
            self.named[name] = json.loads(record)["id"]
        return record

    def _of_others(self, society: SimulatedIssuer, place: int, name: str) -> bytes:
        """A record of a society elsewhere about R-``place + 20``, as a token."""
        self.count += 1
        document = society.record(
            index=100 + self.count, id=f"urn:uuid:6f5b2c1e-9a0d-4c57-8d3e-{self.count:012}"
        )
        subject = document["credentialSubject"]
        subject["id"] = f"urn:uuid:0b1d6a52-3a52-4d7e-9a57-{self.count:012}"
        subject["identifier"] = [
            {
                "type": "IdentityObject",
                "hashed": True,
                "identityHash": identity_hash(f"R-{place + 20}", salt=SALT),
                "identityType": f"ext:RegisterNumber.{REGISTRY}",
                "salt": SALT,
            }
        ]
        kind = f"{society.base_url}/courses/masonry#kind"
        subject["result"].append({"type": ["Result"], "resultDescription": kind, "value": "course"})
        subject["achievement"]["resultDescription"].append(
            {
                "id": kind,
                "type": ["ResultDescription"],
                "name": "Kind of activity",
                "resultType": "ext:ActivityKind",
            }
        )
        for each in subject["result"]:
            if each.get("value") == "750":
                each["value"] = "90"
        token = society.secure_jwt(document).encode()
        if place == 0:
            unproven = f"urn:sha256:{hashlib.sha256(token).hexdigest()}"
            self.named[name] = unproven if society is self.forger else document["id"]
        return token

    @staticmethod
    def _line(number: int, record: bytes) -> bytes:
        """A line that names a registrant."""
        text = record.decode()
        held = json.loads(text) if text.startswith("{") else text
        line = {"registrant": f"R-{number}", "record": held}
        return json.dumps(line, ensure_ascii=False).encode()
