"""A program proves itself by its own key: good assertions, and every way they can be wrong."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.model import AuthMethod, Client, Kind
from app.identity.oauth.server import Endpoint, Question
from app.identity.oauth.tokens import AccessTokens
from app.identity.service import add_organisation
from app.platform.db import Database
from app.platform.problems import Unavailable
from tests.simulator.programs import MemoryKeys, assertion, make_desk, public_set

NODE = "https://cpd.example.org"
TOKEN = NODE + "/oauth/token"
KEY = ECKey.generate_key("P-256")
OTHER = ECKey.generate_key("P-256")
RSA = RSAKey.generate_key(2048)
KEYS: dict[str, Any] = {
    "ES256": KEY,
    "ES384": ECKey.generate_key("P-384"),
    "PS256": RSA,
    "RS256": RSA,
    "Ed25519": OKPKey.generate_key("Ed25519"),
}


class House:
    """One program that has these keys, and where it asks for tokens."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.now = now
        self.fetched: list[str] = []
        self.served: bytes | None = None
        self.desk = make_desk(database, AccessTokens(MemoryKeys(), NODE), fetch=self._fetch)
        with database.write() as session:
            add_organisation(session, id="cse", kind=Kind.SOCIETY, name="CSE", at=now)
        self.client = self.add(jwks=public_set(*{id(key): key for key in KEYS.values()}.values()))

    def add(self, **how: Any) -> Client:
        new = NewClient(
            "cse", "LMS", frozenset({"records:read"}), method=AuthMethod.PRIVATE_KEY_JWT, **how
        )
        with self.desk.database.write() as session:
            return clients.add(session, new, at=self.now).client

    def _fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if self.served is None:
            raise Unavailable("it does not answer")
        return self.served

    def ask(self, form: dict[str, str], *, endpoint: Endpoint = Endpoint.TOKEN) -> str:
        """``ok``, or what is wrong."""
        pairs = [("grant_type", "client_credentials"), *form.items()]
        question = Question(endpoint, TOKEN, pairs, None, "192.0.2.1")
        answer = self.desk.answer(question, at=self.now)
        return "ok" if answer.status == 200 else answer.body["error"]

    def prove(self, key: Any = KEY, *, client: Client | None = None, **changes: Any) -> str:
        client_id = (client or self.client).id
        changed = {"aud": TOKEN, "at": self.now, **changes}
        return self.ask(assertion(key, client_id, **changed))


@pytest.fixture
def house(database: Database, now: datetime) -> House:
    return House(database, now)


def test_every_announced_algorithm_is_taken(house: House) -> None:
    for algorithm, key in KEYS.items():
        assert house.prove(key, alg=algorithm) == "ok", algorithm
    with pytest.warns(UserWarning, match="EdDSA is deprecated"):
        form = assertion(KEYS["Ed25519"], house.client.id, aud=NODE, at=house.now, alg="EdDSA")
    assert house.ask(form) == "ok"


def test_the_audience_is_this_node_alone(house: House) -> None:
    for good in (NODE, TOKEN, [TOKEN], [NODE, TOKEN]):
        assert house.prove(aud=good) == "ok"
    other = "https://other.example/oauth/token"
    for bad in (other, [TOKEN, other], [], None, TOKEN + "/", NODE + "/oauth/revoke", 5, [5], {}):
        assert house.prove(aud=bad) == "invalid_client"


def test_an_assertion_is_good_once(house: House) -> None:
    form = assertion(KEY, house.client.id, aud=TOKEN, at=house.now)
    assert house.ask(form) == "ok"
    assert house.ask(form) == "invalid_client"
    assert house.prove(jti="mine") == "ok"
    assert house.prove(KEYS["ES384"], alg="ES384", jti="mine") == "invalid_client"
    other = house.add(jwks=public_set(OTHER))
    assert house.prove(OTHER, client=other, jti="mine") == "ok"


def test_an_assertion_that_was_used_is_remembered_as_long_as_it_could_be_used(
    house: House,
) -> None:
    form = assertion(KEY, house.client.id, aud=TOKEN, at=house.now)
    assert house.ask(form) == "ok"
    for minutes in range(1, 8):
        house.now += timedelta(minutes=1)
        assert house.prove() == "ok", minutes  # which forgets what has ended
        assert house.ask(form) == "invalid_client"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": -1},
        {"exp": 10**30},
        {"jti": None},
        {"jti": ""},
        {"jti": 5},
        {"jti": "x" * 201},
        {"iss": None},
        {"iss": "somebody"},
        {"sub": "somebody"},
        {"sub": None},
        {"sub": 5},
        {"nbf": "x"},
        {"header": {"kid": 5}},
        {"header": {"kid": "another"}},
    ],
    ids=str,
)
def test_an_assertion_with_one_wrong_part_is_refused(house: House, changes: dict[str, Any]) -> None:
    client = house.add(jwks=public_set(KEY, kid="mine"))
    assert house.prove(client=client) == "ok"
    assert house.prove(client=client, header={"kid": "mine"}) == "ok"
    if changes == {"header": {"kid": 5}}:
        token = jwt.encode({"alg": "ES256"}, {"sub": client.id, "iss": client.id}, KEY)
        parts = token.split(".")
        form = assertion(KEY, client.id, aud=TOKEN, at=house.now)
        form["client_assertion"] = ".".join(["eyJhbGciOiJFUzI1NiIsImtpZCI6NX0", *parts[1:]])
        assert house.ask(form) == "invalid_client"
        return
    assert house.prove(client=client, **changes) == "invalid_client"


def test_an_assertion_lasts_ten_minutes_at_most_and_begins_before_it_is_used(house: House) -> None:
    def seconds(**delta: int) -> int:
        return int((house.now + timedelta(**delta)).timestamp())

    assert house.prove(exp=seconds(minutes=10)) == "ok"
    assert house.prove(exp=seconds(minutes=12)) == "invalid_client"
    assert house.prove(exp=seconds(seconds=-10)) == "ok"
    assert house.prove(exp=seconds(minutes=-1)) == "invalid_client"
    assert house.prove(nbf=seconds(minutes=2)) == "invalid_client"
    assert house.prove(iat=seconds(minutes=2)) == "invalid_client"
    assert house.prove(iat=None) == "ok"


def test_no_algorithm_is_confused_with_another(house: House) -> None:
    """The key's record says what it is used for; the token's header does not."""
    form = assertion(KEY, house.client.id, aud=TOKEN, at=house.now)
    claims = {
        "iss": house.client.id, "sub": house.client.id, "aud": TOKEN, "jti": "1",
        "exp": int(house.now.timestamp()) + 60,
    }  # fmt: skip
    public = RSA.as_pem(private=False)
    forged = [
        jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(public.replace(b"-", b"_"))),
        jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("x" * 32)),
    ]
    head, payload, signature = form["client_assertion"].split(".")
    none = "eyJhbGciOiJub25lIn0"
    forged += [f"{none}.{payload}.", f"{none}.{payload}.{signature}", f"{head}.{payload}."]
    forged += ["", "x", "a.b.c", "." * 400, "é", "\x00.\x00.\x00", form["client_assertion"] + "x"]
    # A key that the header brings along is not looked at.
    brought = {"jwk": OTHER.as_dict(private=False), "jku": "https://evil.example/keys"}
    forged.append(jwt.encode({"alg": "ES256", **brought}, claims, OTHER))
    for token in forged:
        assert house.ask({**form, "client_assertion": token}).startswith("invalid_"), token
    narrow = house.add(jwks=public_set(RSA, alg="PS256"))
    assert house.prove(RSA, client=narrow, alg="PS256") == "ok"
    assert house.prove(RSA, client=narrow, alg="RS256") == "invalid_client"
    assert house.fetched == []


def test_nobody_elses_key_does_and_an_unknown_program_looks_the_same(house: House) -> None:
    wrong = assertion(OTHER, house.client.id, aud=TOKEN, at=house.now)
    unknown = assertion(OTHER, "01234567-89ab-7def-8123-456789abcdef", aud=TOKEN, at=house.now)
    strange = assertion(OTHER, "a:b\x00", aud=TOKEN, at=house.now)
    said = set()
    for form in (wrong, unknown, strange):
        pairs = [("grant_type", "client_credentials"), *form.items()]
        answer = house.desk.answer(
            Question(Endpoint.TOKEN, TOKEN, pairs, None, "192.0.2.1"), at=house.now
        )
        said.add((answer.status, answer.body["error"], answer.body["error_description"]))
    assert len(said) == 1


def test_a_client_that_is_named_twice_is_named_alike(house: House) -> None:
    form = assertion(KEY, house.client.id, aud=TOKEN, at=house.now)
    assert house.ask({**form, "client_id": "other"}) == "invalid_request"
    assert house.ask({**form, "client_id": house.client.id}) == "ok"


def test_a_program_with_a_secret_cannot_assert_and_one_with_keys_has_no_secret(
    house: House,
) -> None:
    new = NewClient("cse", "LMS", frozenset({"records:read"}), method=AuthMethod.SECRET_POST)
    with house.desk.database.write() as session:
        made = clients.add(session, new, at=house.now)
    assert house.prove(client=made.client) == "invalid_client"
    secret = {"client_id": house.client.id, "client_secret": ""}
    assert house.ask(secret) == "invalid_client"
    assert house.ask({"client_id": house.client.id}) == "invalid_client"
