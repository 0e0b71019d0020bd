"""What the requests of the route matrix are about: two societies, a registry, who runs the node.

Whatever a request needs (a record to revoke, a client to end) is made for it alone, so that the
order of the asking does not matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient
from joserfc.jwk import ECKey
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.catalogue.model import NewSociety
from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.model import SCOPES, Actor, ClientKind, Kind, Role
from app.identity.oauth import book
from app.identity.people import invitations, registrations, service, sessions
from app.identity.people.model import NewInvitation, NewRegistration
from app.identity.signin import links
from app.identity.signin.tables import PasskeyRow
from app.platform.ids import new_id
from app.recognition.planning import evidence, notes
from app.recognition.planning.notes import NewNote
from app.recognition.register import service as register
from app.records.enrolment import enrol
from tests.simulator import reviewing, rosters
from tests.simulator.members import House
from tests.simulator.node import COMPLETION
from tests.simulator.programs import Program, public_set
from tests.simulator.registries import policy_text

OWN, OTHER, REGISTRY, OPERATOR = "cse", "ebk", "pec", "operator"
WEBHOOK = {"url": "https://lms.example/hooks", "events": ["record.issued"]}
DECLARED = {
    "title": "Reading about bridges",
    "completed": "2026-06-01",
    "kind": "private_study",
    "measures": {"contact_minutes": "90"},
    "evidence": [{"name": "Notes", "text": "What I read."}],
}
ADA, EVE = "ada@example.org", "eve@example.org"


@dataclass(frozen=True)
class Ask:
    """One request. ``path`` fills the route's parameters; societies and organisations are known."""

    path: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    form: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    also: tuple[int, ...] = ()
    """Answers that show the rightful caller was let in although nothing could be done (409)."""


@dataclass
class Scene:
    """A node with two societies, and whatever the requests are about."""

    house: House
    count: int = 0
    annexed: str = ""
    """The policy that agreements of the registry name, once there is one."""
    ada: TestClient = field(init=False)
    """The browser of who owns the own society and the registry, and keeps records."""
    eve: TestClient = field(init=False)
    """The browser of who owns the other one."""
    runs_it: TestClient = field(init=False)
    """The browser of who runs the node."""

    def __post_init__(self) -> None:
        for organisation_id in (OWN, OTHER):
            self.house.add(organisation_id)
        self.house.add(REGISTRY, Kind.REGISTRY)
        self.house.add(OPERATOR, Kind.OPERATOR)
        self.ada = self.house.sign_in(ADA, cse=Role.OWNER, pec=Role.OWNER)
        self.eve = self.house.sign_in(EVE, ebk=Role.OWNER)
        self.runs_it = self.house.sign_in("operator@example.org", operator=Role.OWNER)

    def number(self) -> int:
        self.count += 1
        return self.count

    def record(self) -> str:
        """A record of the own society."""
        number = self.number()
        identifier = {"type": "ext:RegisterNumber", "value": f"REG-{number}"}
        answer = self.house.http.post(
            f"/api/v1/societies/{OWN}/completions",
            json={**COMPLETION, "holder": {"identifiers": [identifier]}},
            headers={**self.house.token(OWN), "Idempotency-Key": f"matrix-{number}"},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def suspended(self) -> str:
        """A record of the own society that is suspended."""
        record_id = self.record()
        answer = self.post(f"/api/v1/records/{record_id}/suspend", {"reason": "under_review"})
        assert answer["status"] == "suspended"
        return record_id

    def shared(self) -> str:
        """A record of the own society that has a holder's link."""
        record_id = self.record()
        self.post(f"/api/v1/records/{record_id}/holder-link", None)
        return record_id

    def roster(self) -> str:
        """A roster of the own society."""
        answer = self.house.http.post(
            f"/api/v1/societies/{OWN}/rosters",
            content=rosters.as_csv([rosters.row(self.number())]),
            headers={
                **self.house.token(OWN),
                "Content-Type": "text/csv",
                "Idempotency-Key": f"matrix-{self.number()}",
            },
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def grant(self) -> str:
        """A grant that the own society gave to a third one."""
        third = f"third-{self.number()}"
        self.enrol(third)
        path = f"/api/v1/societies/{OWN}/grants"
        return str(self.post(path, {"grantee": third, "action": "records:read"})["id"])

    def webhook(self) -> str:
        """A webhook of the own society."""
        return str(self.post(f"/api/v1/organisations/{OWN}/webhooks", WEBHOOK)["id"])

    def delivery(self) -> str:
        """A delivery to one of those."""
        path = f"/api/v1/organisations/{OWN}/webhooks/{self.webhook()}:test"
        return str(self.post(path, None)["id"])

    def enrol(self, society_id: str) -> None:
        """One society more, without a client."""
        node = self.house.node
        with node.database.write() as session:
            enrol(
                session,
                NewSociety(names={"en": "A third"}, id=society_id),
                signer=node.signer,
                public_url=node.settings.public_url,
                at=self.house.now,
                issues=False,
            )

    def post(self, path: str, body: Any) -> dict[str, Any]:
        answer = self.house.http.post(path, json=body, headers=self.house.token(OWN))
        assert answer.status_code < 300, (path, answer.text)
        made: dict[str, Any] = answer.json()
        return made

    def pushed(self) -> str:
        """A course that the own society pushed, with one run."""
        remote_id = f"C-{self.number()}"
        answer = self.house.http.put(
            f"/api/v1/societies/{OWN}/courses/{remote_id}",
            json={"title": {"en": remote_id}, "runs": [{"id": "a", "start": "2027-01-01"}]},
            headers=self.house.token(OWN),
        )
        assert answer.status_code == 201, answer.text
        return remote_id

    def sheet(self) -> str:
        """A spreadsheet that a member of the own society uploaded."""
        data = f"id,title\nS-{self.number()},Bridges\n".encode()
        answer = self.ada.post(f"/organisations/{OWN}/courses/sheets", files={"file": data})
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"]).rpartition("/")[2]

    def person(self, email: str) -> str:
        """The id of the person with this address, made if need be."""
        with self.house.node.database.write() as session:
            return service.person_of_email(session, email, at=self.house.now).id

    def member(self) -> str:
        """The id of a reader of the own society."""
        email = f"reader-{self.number()}@example.org"
        self.house.sign_in(email, cse=Role.READER)
        return self.person(email)

    def invitation(self, *, to: str | None = None) -> tuple[str, str]:
        """The id and the secret of an invitation to the own society."""
        email = to or f"guest-{self.number()}@example.org"
        actor = Actor("", OWN, frozenset(SCOPES), person_id=self.person(ADA))
        with self.house.node.database.write() as session:
            new = NewInvitation(email, (Role.READER,))
            made = invitations.invite(session, actor, new, at=self.house.now)
            return made.id, str(made.secret)

    def registration(self) -> str:
        """The id of an entry of Ada's in the registry."""
        with self.house.node.database.write() as session:
            new = NewRegistration(REGISTRY, f"4711-{self.number()}", "2020-01-01", "")
            return registrations.add(session, self.person(ADA), new, at=self.house.now).id

    def registrant(self) -> str:
        """The id of a registrant of the registry."""
        number = f"REG-{self.number()}"
        return self.at_registry("/registrants", {"number": number, "name": "Ada Obi"})

    def bound(self) -> str:
        """The id of the binding of a holder to a registrant of the registry."""
        holder = {"holder_id": f"urn:uuid:{uuid4()}"}
        return self.at_registry(f"/registrants/{self.registrant()}/holders", holder)

    def stated(self) -> str:
        """The id of an entry of Ada's in the registry, under the number of a registrant of it."""
        made = self.registration()
        with self.house.node.database.read() as session:
            number = registrations.get(session, self.person_in(session, ADA), made).number
        self.at_registry("/registrants", {"number": number, "name": "Ada Obi"})
        return made

    def listed(self) -> str:
        """The id of what the registry says of an issuer."""
        issuer = f"did:web:node-{self.number()}.example"
        return self.at_registry("/issuers", {"issuer_id": issuer, "tag": "listed"})

    def approval(self) -> str:
        """The id of an approval that the registry lists."""
        return self.at_registry("/approvals", {"body": "PEC", "number": f"CPD-{self.number()}"})

    def drafted(self) -> str:
        """The id of a draft of a policy of the registry."""
        return self.at_registry("/policies", {"text": self.policy()})

    def policy(self) -> str:
        """The text of a policy of the registry that is no other one."""
        return policy_text(REGISTRY, policy_id=f"rules-{self.number()}")

    def adopted(self) -> str:
        """The id of a policy that the registry has adopted."""
        made = self.drafted()
        answer = self.house.http.post(
            f"/api/v1/registries/{REGISTRY}/policies/{made}/adopt",
            headers=self.house.token(REGISTRY),
        )
        assert answer.status_code == 200, answer.text
        return made

    def submitted(self) -> str:
        """The id of an activity that was declared to the registry, and is in review."""
        body = {"registrant": self.registrant(), **DECLARED}
        return self.at_registry("/declarations", body)

    def submitted_record(self) -> str:
        """The id of a record that was submitted to the registry."""
        token = self.house.http.get(
            f"/api/v1/records/{self.record()}.jwt", headers=self.house.token(OWN)
        )
        answer = self.house.http.post(
            f"/api/v1/registries/{REGISTRY}/submissions",
            json={"registrant": self.registrant(), "record": token.text},
            headers=self.house.token(REGISTRY),
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["results"][0]["submission"]["id"])

    def reviewed(self) -> str:
        """The id of a verdict that the registry's program proposed."""
        body = {"judged": "reject", "note": "Nobody knows of it."}
        return self.at_registry(f"/submissions/{self.submitted()}/reviews", body)

    def appealed(self) -> str:
        """The id of an appeal that the registry's program filed in a registrant's stead."""
        return self.at_registry(f"/submissions/{self.submitted()}/appeals", {"text": "Look."})

    def rerun(self) -> str:
        """The id of a run of the registry, which nobody has begun yet."""
        return self.at_registry("/reruns", {"why": "To see what changes.", "dry": True})

    def registrant_with_rules(self) -> str:
        """The id of a registrant of the registry, which has adopted a policy."""
        self.adopted()
        return self.registrant()

    def at_registry(self, path: str, body: Any) -> str:
        """The id of what the registry's program makes there."""
        answer = self.house.http.post(
            f"/api/v1/registries/{REGISTRY}{path}", json=body, headers=self.house.token(REGISTRY)
        )
        assert answer.status_code in {201, 202}, (path, answer.text)
        return str(answer.json()["id"])

    def mine(self) -> str:
        """The id of a registrant who Ada is, of a registry that has rules."""
        registrant_id = self.registrant_with_rules()
        with self.house.node.database.write() as session:
            found = register.get(session, REGISTRY, registrant_id)
            ada = self.person_in(session, ADA)
            register.link_person(session, found, ada, at=self.house.now, who="system:test")
        return registrant_id

    def submitted_by_me(self) -> tuple[str, str]:
        """The ids of a registrant who Ada is, and of what was declared for her and is in review."""
        registrant_id = self.mine()
        body = {"registrant": registrant_id, **DECLARED}
        return registrant_id, self.at_registry("/declarations", body)

    def appealed_by_me(self) -> tuple[str, str]:
        """The same, with an appeal of hers."""
        registrant_id, submission_id = self.submitted_by_me()
        place = f"/account/cpd/cycles/{registrant_id}/submissions/{submission_id}"
        assert self.ada.post(f"{place}/appeal", data={"text": "Look."}).status_code == 303
        return registrant_id, submission_id

    def entry(self) -> str:
        """The id of an entry that Ada made by hand."""
        form = {"title": "Soil", "completed": "2026-05-01", "kind": "course", "contact": "1"}
        answer = self.ada.post("/account/cpd/entries", data=form)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].rpartition("/")[2]

    def evidence(self) -> tuple[str, str]:
        """The ids of such an entry and of a file with it."""
        entry_id = self.entry()
        with self.house.node.database.write() as session:
            ada = self.person_in(session, ADA)
            data = f"proof {self.number()}".encode()
            made = evidence.attach(
                session, ada, entry_id, name="a.txt", data=data, at=self.house.now
            )
        return entry_id, made.id

    def note(self) -> str:
        """The id of a note of Ada's."""
        with self.house.node.database.write() as session:
            ada = self.person_in(session, ADA)
            new = NewNote("plan", "Learn.")
            return notes.add(session, ada, new, registries=[], at=self.house.now).id

    def course(self) -> str:
        """The id of a course in the catalogue."""
        answer = self.house.http.put(
            f"/api/v1/societies/{OWN}/courses/P-{self.number()}",
            json={"title": {"en": "A course"}},
            headers=self.house.token(OWN),
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["course_id"])

    def overridden(self) -> str:
        """The id of a course whose level somebody wrote over."""
        course_id = self.course()
        answer = self.house.http.put(
            f"/api/v1/societies/{OWN}/overrides/{course_id}/level",
            json={"value": "advanced", "reason": "So it is."},
            headers=self.house.token(OWN),
        )
        assert answer.status_code == 200, answer.text
        return course_id

    def suggested(self) -> str:
        """The id of a pair of the own society's courses that may be one."""
        reviewing.two(self.house.node.database, OWN, self.number(), at=self.house.now)
        return reviewing.newest_pair(self.house.node.database, at=self.house.now)

    def refused(self) -> str:
        """The id of the decision that such a pair is never one."""
        return reviewing.refuse(self.house.node.database, self.suggested(), at=self.house.now)

    def joined(self) -> tuple[str, str]:
        """The id of a course of two source records, and that of one of them."""
        return reviewing.joined(self.house.node.database, OWN, self.number(), at=self.house.now)

    def alias(self) -> str:
        """The id of a name of the own society."""
        return reviewing.alias(self.house.node.database, OWN, self.number(), at=self.house.now)

    def chosen(self) -> str:
        """The id of a course that Ada has chosen."""
        course_id = self.course()
        answer = self.ada.post("/account/cpd/choices", data={"course": course_id})
        assert answer.status_code == 303, answer.text
        return course_id

    def holder_link(self) -> str:
        """The secret of a holder's link to a record of the own society."""
        made = self.post(f"/api/v1/records/{self.record()}/holder-link", None)
        return str(made["url"]).rpartition("/")[2]

    def kept(self) -> str:
        """The id of a record that Ada keeps."""
        record_id = self.record()
        made = self.post(f"/api/v1/records/{record_id}/holder-link", None)
        answer = self.ada.post(f"/holder/{str(made['url']).rpartition('/')[2]}/keep")
        assert answer.status_code == 303, answer.text
        return record_id

    def client(self, **how: Any) -> str:
        """The id of a program of the own society."""
        with self.house.node.database.write() as session:
            new = NewClient(OWN, f"A program {self.number()}", frozenset({"catalogue:read"}), **how)
            return clients.add(session, new, at=self.house.now)[0].id

    @staticmethod
    def jwks() -> dict[str, Any]:
        return public_set(ECKey.generate_key("P-256", {"kid": new_id()}))

    def program(self, scopes: frozenset[str] = frozenset({"profile:read"})) -> Program:
        """A program that acts for people."""
        new = NewClient(
            OWN, f"A program {self.number()}", scopes, kind=ClientKind.WEB,
            redirect_uris=("https://lms.example/callback",),
        )  # fmt: skip
        with self.house.node.database.write() as session:
            client, secret = clients.add(session, new, at=self.house.now)
        return Program(self.house.browser(), client, secret)

    def token_of_person(
        self, browser: TestClient, scopes: frozenset[str], *, organisation: str = ""
    ) -> dict[str, str]:
        """The header of the token of a program that a person has allowed to act."""
        given = self.program(scopes).tokens(browser, organisation=organisation)
        return {"Authorization": f"Bearer {given['access_token']}"}

    def permission(self) -> str:
        """The id of a permission that Ada gave to a program."""
        self.program().tokens(self.ada)
        with self.house.node.database.read() as session:
            return max(one.id for one in book.permissions(session, self.person(ADA)))

    def session_of_ada(self) -> str:
        """The id of one more session of Ada's."""
        secret = self.house.sign_in(ADA).cookies[self.house.node.guard.cookie]
        visitor = sessions.visit(self.house.node.database, now=lambda: self.house.now)(secret)
        assert visitor is not None
        return visitor.session_id

    def passkey(self) -> str:
        """The id of a passkey of Ada's."""
        made = new_id()
        with self.house.node.database.write() as session:
            session.execute(
                insert(PasskeyRow).values(
                    id=made,
                    person_id=self.person_in(session, ADA),
                    credential_id=f"credential-{made}",
                    public_key=b"",
                    sign_count=0,
                    name="A key",
                    created_at=self.house.now,
                )
            )
        return made

    def person_in(self, session: Session, email: str) -> str:
        return service.person_of_email(session, email, at=self.house.now).id

    def address_link(self) -> tuple[str, str]:
        """The secret of a link that adds an address to Ada's account, and that address."""
        email = f"ada-{self.number()}@example.org"
        with self.house.node.database.write() as session:
            person_id = self.person_in(session, ADA)
            secret = links.ask(
                session, email, then="/account", person_id=person_id, at=self.house.now
            )
        return secret, email

    def address(self) -> str:
        """One more address of Ada's."""
        secret, email = self.address_link()
        assert self.ada.post(f"/account/emails/link/{secret}").status_code == 303
        return email
