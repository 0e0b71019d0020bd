"""Passkeys against a device of the tests: what is accepted, and every way to be refused."""

import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.identity import audit
from app.identity.people import service as people
from app.identity.people.model import Person
from app.identity.signin import challenges, passkeys
from app.identity.signin.challenges import PasskeyRefused, RelyingParty, relying_party
from app.platform.db import Database
from app.platform.problems import Conflict, Invalid, NotFound
from tests.conftest import NOW
from tests.simulator.authenticator import PRESENT, Authenticator

PARTY = RelyingParty("cpd.example", "https://cpd.example", "A node")
OWN, OTHER = "the browser of the tests", "another browser"


@dataclass
class Desk:
    """Where passkeys are added and used, one transaction a step."""

    database: Database
    person: Person

    def add(self, device: Authenticator, *, asked: Any = None, **given: Any) -> passkeys.Passkey:
        asked = asked or self.to_add()
        taken = self.take(asked)
        with self.database.write() as session:
            return passkeys.add(
                session, PARTY, taken, device.make(dict(asked.options)),
                **{"person_id": self.person.id, "name": "A phone", "at": NOW, **given},
            )  # fmt: skip

    def who(self, device: Authenticator, *, asked: Any = None) -> str:
        asked = asked or self.to_sign_in()
        return self.judge(asked, device.use(dict(asked.options)))

    def judge(self, asked: challenges.Question, answer: dict[str, Any]) -> str:
        taken = self.take(asked)
        with self.database.write() as session:
            return passkeys.who(session, PARTY, taken, answer, at=NOW)

    def to_add(self) -> challenges.Question:
        with self.database.write() as session:
            return challenges.ask_to_add(session, PARTY, self.person, browser=OWN, at=NOW)

    def to_sign_in(self) -> challenges.Question:
        with self.database.write() as session:
            return challenges.ask_who(session, PARTY, browser=OWN, at=NOW)

    def take(
        self, asked: challenges.Question, *, browser: str = OWN, at: datetime = NOW
    ) -> challenges.Challenge:
        with self.database.write() as session:
            return challenges.take_challenge(session, asked.id, browser=browser, at=at)


@pytest.fixture
def desk(database: Database) -> Desk:
    with database.write() as session:
        return Desk(database, people.person_of_email(session, "ada@example.org", at=NOW))


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(PARTY.origin, PARTY.id)


def refused(act: Callable[[], object]) -> None:
    with pytest.raises(PasskeyRefused):
        act()


def test_a_passkey_that_was_added_says_who_comes(desk: Desk, device: Authenticator) -> None:
    made = desk.add(device)
    device.count = 1
    assert desk.who(device) == desk.person.id
    with desk.database.read() as session:
        (kept,) = passkeys.of_person(session, desk.person.id)
        trail = audit.trail(session, f"person:{desk.person.id}")
    assert (kept.id, kept.name, kept.used_at) == (made.id, "A phone", NOW)
    assert [entry.action for entry in trail] == ["person.add", "passkey.add"]


def test_what_is_asked_for_makes_sure_of_the_user_and_names_nobody(desk: Desk) -> None:
    to_add, to_sign_in = desk.to_add().options, desk.to_sign_in().options
    assert to_add["authenticatorSelection"]["userVerification"] == "required"
    assert to_add["authenticatorSelection"]["residentKey"] == "required"
    assert to_add["attestation"] == "none"
    assert to_sign_in["userVerification"] == "required"
    assert to_sign_in["rpId"] == "cpd.example"
    assert to_sign_in["allowCredentials"] == []
    assert to_add["challenge"] != to_sign_in["challenge"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://cpd.example"},
        {"origin": "https://cpd.example:444"},
        {"origin": "https://cpd.example.evil.example"},
        {"rp_id": "evil.example"},
        {"rp_id": "example"},
        {"flags": PRESENT},
        {"flags": 0},
        {"framed": True},
    ],
    ids=str,
)
def test_an_answer_for_elsewhere_or_without_its_user_is_refused(
    desk: Desk, device: Authenticator, wrong: dict[str, Any]
) -> None:
    refused(lambda: desk.add(replace(device, **wrong)))
    desk.add(device)
    refused(lambda: desk.who(replace(device, **wrong)))
    assert desk.who(device) == desk.person.id


def test_a_challenge_is_used_up_by_the_first_answer_right_or_wrong(
    desk: Desk, device: Authenticator
) -> None:
    asked = desk.to_add()
    desk.add(device, asked=asked)
    refused(lambda: desk.add(replace(device, id=b"another"), asked=asked))
    asked = desk.to_sign_in()
    answer = device.use(dict(asked.options))
    assert desk.judge(asked, answer) == desk.person.id
    refused(lambda: desk.judge(asked, answer))
    asked = desk.to_sign_in()
    refused(lambda: desk.who(replace(device, origin="https://evil.example"), asked=asked))
    refused(lambda: desk.who(device, asked=asked))


def test_an_answer_that_was_overheard_fits_no_other_challenge(
    desk: Desk, device: Authenticator
) -> None:
    desk.add(device)
    overheard = device.use(dict(desk.to_sign_in().options))
    refused(lambda: desk.judge(desk.to_sign_in(), overheard))


def test_a_challenge_is_one_browsers_and_ends(desk: Desk) -> None:
    asked = desk.to_sign_in()
    refused(lambda: desk.take(asked, browser=OTHER))
    refused(lambda: desk.take(asked, at=NOW + timedelta(minutes=5)))
    assert desk.take(asked, at=NOW + timedelta(minutes=4, seconds=59)).person_id is None


def test_a_challenge_to_add_signs_nobody_in_and_the_other_way_about(
    desk: Desk, device: Authenticator
) -> None:
    desk.add(device)
    refused(lambda: desk.who(device, asked=desk.to_add()))
    asked = desk.to_sign_in()
    options = {**asked.options, "user": {"id": device.user}}
    other = replace(device, id=b"another")
    with desk.database.write() as session:
        taken = challenges.take_challenge(session, asked.id, browser=OWN, at=NOW)
    with desk.database.write() as session, pytest.raises(PasskeyRefused):
        passkeys.add(
            session, PARTY, taken, other.make(options), person_id=desk.person.id, name="x", at=NOW
        )


def test_a_passkey_is_added_for_who_asked_and_no_other(desk: Desk, device: Authenticator) -> None:
    with desk.database.write() as session:
        eve = people.person_of_email(session, "eve@example.org", at=NOW)
    refused(lambda: desk.add(device, person_id=eve.id))
    desk.add(device)
    refused(lambda: Desk(desk.database, eve).add(device))  # one id, two persons
    taken = replace(device, user="b3RoZXI")
    refused(lambda: desk.who(taken))
    refused(lambda: desk.who(replace(device, user="")))


def test_another_key_under_the_same_id_is_refused(desk: Desk, device: Authenticator) -> None:
    desk.add(device)
    forged = Authenticator(PARTY.origin, PARTY.id, user=device.user)
    refused(lambda: desk.who(forged))
    refused(lambda: desk.who(replace(device, id=b"unknown")))


def test_a_counter_that_does_not_move_tells_of_a_copy(desk: Desk, device: Authenticator) -> None:
    device.count = 7
    desk.add(device)
    refused(lambda: desk.who(device))
    device.count = 8
    assert desk.who(device) == desk.person.id
    device.count = 2**32 - 1
    assert desk.who(device) == desk.person.id
    refused(lambda: desk.who(device))


def test_a_passkey_that_was_removed_opens_nothing(desk: Desk, device: Authenticator) -> None:
    made = desk.add(device)
    with desk.database.write() as session:
        eve = people.person_of_email(session, "eve@example.org", at=NOW)
        with pytest.raises(NotFound):
            passkeys.remove(session, eve.id, made.id, at=NOW)
        passkeys.remove(session, desk.person.id, made.id, at=NOW)
    refused(lambda: desk.who(device))


def test_an_account_without_an_address_keeps_its_last_passkey(
    desk: Desk, device: Authenticator
) -> None:
    with desk.database.write() as session:
        lonely = Desk(desk.database, people.add_person(session, at=NOW, name="No mail"))
    first = lonely.add(device)
    second = lonely.add(replace(device, id=b"second"))
    with desk.database.write() as session:
        passkeys.remove(session, lonely.person.id, first.id, at=NOW)
        with pytest.raises(Conflict):
            passkeys.remove(session, lonely.person.id, second.id, at=NOW)


def test_passkeys_have_names_and_an_end_to_their_number(desk: Desk, device: Authenticator) -> None:
    with pytest.raises(Invalid):
        desk.add(device, name="  ")
    assert desk.add(device, name="x" * 150).name == "x" * 100
    for number in range(challenges.MOST - 1):
        desk.add(replace(device, id=f"number {number}".encode()))
    with pytest.raises(Conflict):
        desk.to_add()


@pytest.mark.parametrize(
    ("url", "host", "origin"),
    [
        ("https://cpd.example", "cpd.example", "https://cpd.example"),
        ("https://cpd.example:8443", "cpd.example", "https://cpd.example:8443"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
    ],
)
def test_the_site_is_known_by_its_host_and_its_origin(url: str, host: str, origin: str) -> None:
    assert relying_party(url, name="A node") == RelyingParty(host, origin, "A node")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "https://192.0.2.7", "https://[::1]", "http://cpd.example"]
)
def test_without_a_name_or_a_secure_connection_there_are_no_passkeys(url: str) -> None:
    assert relying_party(url, name="A node") is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = ("id", "rawId", "type")
TO_ADD = ("clientDataJSON", "attestationObject")
TO_USE = ("clientDataJSON", "authenticatorData", "signature", "userHandle")


@dataclass(frozen=True)
class Twist:
    """One thing about an answer made wrong: a value replaced, or a text cut, shifted, changed."""

    where: str
    how: str
    place: float
    value: Any

    def of(self, answer: dict[str, Any]) -> dict[str, Any]:
        made = copy.deepcopy(answer)
        held = made if self.where in made else made["response"]
        old = held[self.where]
        at = int(self.place * (len(old) - 2))
        other = "A" if old[at] != "A" else "B"
        held[self.where] = {
            "replaced": self.value,
            "cut": old[:at],
            "changed": old[:at] + other + old[at + 1 :],
            "shifted": "o" + old,
        }[self.how]
        return made


def twists(parts: tuple[str, ...]) -> st.SearchStrategy[Twist]:
    ways = st.sampled_from(["replaced", "cut", "changed", "shifted"])
    return st.builds(Twist, st.sampled_from((*FIELDS, *parts)), ways, st.floats(0, 1), ANYTHING)


def test_no_answer_however_malformed_does_more_than_be_refused(
    desk: Desk, device: Authenticator
) -> None:
    desk.add(device)
    to_add, to_use = desk.to_add(), desk.to_sign_in()
    making = replace(device, id=b"another").make(dict(to_add.options))
    using = device.use(dict(to_use.options))
    adds, uses = desk.take(to_add), desk.take(to_use)

    @settings(max_examples=60)
    @given(twists(TO_ADD), twists(TO_USE))
    def refuse(to_make: Twist, to_sign: Twist) -> None:
        with desk.database.write() as session:
            # Without attestation nothing is signed here, so some changes only make another key.
            with suppress(PasskeyRefused):
                passkeys.add(
                    session, PARTY, adds, to_make.of(making),
                    person_id=desk.person.id, name="x", at=NOW,
                )  # fmt: skip
            with pytest.raises(PasskeyRefused):
                passkeys.who(session, PARTY, uses, to_sign.of(using), at=NOW)
            session.rollback()

    refuse()
    with desk.database.write() as session:
        assert passkeys.who(session, PARTY, uses, using, at=NOW) == desk.person.id
