"""What somebody may try between a person, a program and the node."""

from threading import Barrier, Thread
from typing import Any

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi.testclient import TestClient

from app.identity import audit
from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.people import service as people
from tests.functional.programs.conftest import LMS, Scene
from tests.simulator.members import PUBLIC_URL
from tests.simulator.programs import Program, came_back

pytestmark = pytest.mark.slow

EVIL = "https://evil.example/callback"


WRONG = (
        None, "", EVIL, LMS + "/", LMS + "?x=1", LMS + "#x", LMS.upper(), "//lms.example/callback",
        "https://lms.example", "https://lms.example/callback/../callback",
        "https://lms.example/%63allback", "https://lms.example:443/callback",
        "https://lms.example@evil.example/callback", "https://lms.example.evil.example/callback",
        "https://lms.example\\@evil.example/callback", "http://lms.example/callback",
        "https://lms.example/callback\n", "https://lms.example/callback\x00", " " + LMS,
        "javascript:alert(1)", "data:text/html,x", '"><script>alert(1)</script>',
        "https://xn--lms-example/callback", "https://user:pw@lms.example/callback",
        "https://lms.example/callback%0d%0aSet-Cookie:x=1", "é",
)  # fmt: skip


def test_a_browser_is_never_sent_to_an_address_that_was_not_registered(scene: Scene) -> None:
    for uri in WRONG:
        for answer in (
            scene.lms.ask(scene.ada, redirect_uri=uri),
            scene.lms.allow(scene.ada, organisation="cse", redirect_uri=uri),
            scene.lms.ask(scene.ada, redirect_uri=uri, scope="nonsense", response_type="x"),
        ):
            assert answer.status_code == 400, uri
            assert "location" not in answer.headers
            assert "<script>alert" not in answer.text


LOOPBACK = (
    ("http://127.0.0.1/callback", True),
    ("http://127.0.0.1:1/callback", True),
    ("http://127.0.0.1:65535/callback", True),
    ("org.example.wallet:/callback", True),
    ("http://127.0.0.1:65536/callback", False),
    ("http://127.0.0.1:0/callback", False),
    ("http://127.0.0.1:080/callback", False),
    ("http://127.0.0.1:/callback", False),
    ("http://127.0.0.1:1/callback/", False),
    ("http://127.0.0.1:1/callback?x=1", False),
    ("http://127.0.0.1:1@evil.example/callback", False),
    ("http://127.0.0.1.evil.example/callback", False),
    ("http://127.0.0.2:1/callback", False),
    ("http://localhost:1/callback", False),
    ("http://[::1]:1/callback", False),
    ("https://127.0.0.1:1/callback", False),
    ("org.example.wallet:/callback2", False),
)


def test_a_native_program_may_choose_its_port_and_nothing_else(scene: Scene) -> None:
    for uri, good in LOOPBACK:
        status = scene.wallet.ask(scene.ada, redirect_uri=uri).status_code
        assert status == (200 if good else 400), uri


FAULTS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"response_type": None}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": 'code"\u202e'}, "unsupported_response_type"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge": "x" * 42 + "="}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": "s256"}, "invalid_request"),
    ({"scope": "records:issue"}, "invalid_scope"),
    ({"scope": "catalogue:write admin:node"}, "invalid_scope"),
    ({"scope": '\x00"é'}, "invalid_scope"),
    ({"scope": " "}, "invalid_scope"),
    ({"request": "eyJ"}, "request_not_supported"),
    ({"request_uri": EVIL}, "request_uri_not_supported"),
)


def test_other_faults_are_told_to_the_program(scene: Scene) -> None:
    for changes, error in FAULTS:
        answer = scene.lms.ask(scene.ada, **changes)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(LMS + "?error=")
        said = came_back(answer)
        assert (said["error"], said["state"], said["iss"]) == (error, "of the program", PUBLIC_URL)
        assert said["error_description"].isascii()


def test_a_parameter_that_is_given_twice_is_refused(scene: Scene) -> None:
    query = list(scene.lms.query().items())
    for name in ("client_id", "redirect_uri", "state", "scope", "code_challenge"):
        answer = scene.ada.get(
            "/oauth/authorize", params=[*query, (name, EVIL)], headers={"Sec-Fetch-Site": "none"}
        )
        if name in ("client_id", "redirect_uri"):
            assert answer.status_code == 400
        else:
            assert came_back(answer)["error"] == "invalid_request"
        assert "evil.example" not in answer.headers.get("location", "")


def test_an_unknown_program_asks_nobody(scene: Scene) -> None:
    for client_id in (None, "", "x", "a:b\x00", "\u202e", "' OR 1=1 --", "0" * 36, "é" * 36):
        answer = scene.lms.ask(scene.ada, client_id=client_id)
        assert answer.status_code == 400
        assert "not known on this node" in answer.text


def test_a_program_of_another_kind_asks_nobody(scene: Scene) -> None:
    new = NewClient("cse", "LMS", frozenset({"records:read"}))
    with scene.database.write() as session:
        own = clients.add(session, new, at=scene.now).client
    assert scene.lms.ask(scene.ada, client_id=own.id).status_code == 400


def test_an_address_that_is_garbled_asks_nobody(scene: Scene) -> None:
    for query in ("client_id=%ff", "&".join(f"a{number}=1" for number in range(99))):
        assert scene.ada.get(f"/oauth/authorize?{query}").status_code == 400


def test_a_state_comes_back_as_it_was(scene: Scene) -> None:
    state = '"><script>&%00\r\nLocation: x; é=\u202e'
    assert came_back(scene.lms.allow(scene.ada, organisation="cse", state=state))["state"] == state
    said = came_back(scene.lms.allow(scene.ada, organisation="cse", state=None))
    assert "state" not in said


def test_a_code_that_is_used_twice_ends_everything_that_came_of_it(scene: Scene) -> None:
    code = scene.lms.code(scene.ada, organisation="cse")
    tokens = scene.lms.redeem(code).json()
    later = scene.lms.refresh(tokens["refresh_token"]).json()
    assert scene.lms.redeem(code).json()["error"] == "invalid_grant"
    for access in (tokens["access_token"], later["access_token"]):
        assert scene.me(access) == 401
    assert scene.lms.refresh(later["refresh_token"]).json()["error"] == "invalid_grant"
    assert _last_action(scene) == "authorization.reuse"


def test_a_refresh_token_that_is_used_twice_ends_its_family(scene: Scene) -> None:
    tokens = scene.lms.tokens(scene.ada, organisation="cse")
    other = scene.lms.tokens(scene.ada, organisation="cse")
    later = scene.lms.refresh(tokens["refresh_token"]).json()
    assert scene.lms.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert scene.lms.refresh(later["refresh_token"]).json()["error"] == "invalid_grant"
    assert scene.me(later["access_token"]) == 401
    assert _last_action(scene) == "authorization.reuse"
    assert scene.me(other["access_token"])["organisation"] == "cse"  # another time it was let in


def _last_action(scene: Scene) -> str:
    with scene.database.read() as session:
        person = people.person_of_email(session, "ada@example.org", at=scene.now)
        return audit.trail(session, f"person:{person.id}")[-1].action


def test_of_many_who_redeem_a_code_at_once_at_most_one_gets_a_token_that_lasts(
    scene: Scene,
) -> None:
    code = scene.lms.code(scene.ada, organisation="cse")
    together, got = Barrier(6), []

    def redeem() -> None:
        together.wait()
        got.append(scene.lms.redeem(code))

    threads = [Thread(target=redeem) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    good = [answer for answer in got if answer.status_code == 200]
    assert len(got) == 6
    assert len(good) <= 1
    assert all(answer.json()["error"] == "invalid_grant" for answer in got if answer not in good)
    for answer in good:
        assert scene.me(answer.json()["access_token"]) == 401  # a second use ended it


def test_a_code_is_good_for_its_own_program_and_request_alone(scene: Scene) -> None:
    other = scene.program(
        name="Other", kind=scene.lms.client.kind, redirect_uris=(LMS,),
        scopes=scene.lms.client.scopes,
    )  # fmt: skip
    code = scene.lms.code(scene.ada, organisation="cse")
    other.verifier = scene.lms.verifier
    assert other.redeem(code).json()["error"] == "invalid_grant"
    for changes, error in (
        ({"redirect_uri": EVIL}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": "é" * 43}, "invalid_request"),
        # PKCE downgraded to plain: the challenge itself is no verifier.
        ({"code_verifier": create_s256_code_challenge(scene.lms.verifier)}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code": "x\x00"}, "invalid_grant"),
    ):
        assert scene.lms.redeem(**{"code": code, **changes}).json()["error"] == error, changes
    assert scene.lms.redeem(code).status_code == 200


def test_a_code_that_is_slipped_to_another_person_is_of_no_use_there(scene: Scene) -> None:
    """Code injection (RFC 9700 §4.5): the program's session of the victim has another verifier."""
    stolen = scene.lms.code(scene.ada, organisation="cse")
    victim = Program(scene.lms.http, scene.lms.client, scene.lms.secret)
    assert victim.redeem(stolen).json()["error"] == "invalid_grant"


def test_a_refresh_token_is_its_own_programs(scene: Scene) -> None:
    tokens = scene.lms.tokens(scene.ada, organisation="cse")
    assert scene.wallet.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    for text in ("", "x", tokens["access_token"], "ocpr_\x00"):
        error = scene.lms.refresh(text).json()["error"]
        assert error in ("invalid_grant", "invalid_request")
    assert scene.lms.refresh(tokens["refresh_token"]).status_code == 200


def test_a_confidential_program_must_prove_itself_to_redeem(scene: Scene) -> None:
    code = scene.lms.code(scene.ada, organisation="cse")
    form = {
        "grant_type": "authorization_code", "code": code, "client_id": scene.lms.client.id,
        "redirect_uri": LMS, "code_verifier": scene.lms.verifier,
    }  # fmt: skip
    assert scene.lms.http.post("/oauth/token", data=form).status_code == 401
    wallet = {**form, "client_secret": "anything", "client_id": scene.wallet.client.id}
    assert scene.lms.http.post("/oauth/token", data=wallet).status_code == 401


def test_secrets_are_kept_as_hashes_alone(scene: Scene) -> None:
    code = scene.lms.code(scene.ada, organisation="cse")
    tokens = scene.lms.redeem(code).json()
    with scene.database.engine.connect() as connection:
        for table in ("oauth_authorization", "refresh_token", "permission", "audit"):
            rows = repr(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert code not in rows
            assert tokens["refresh_token"] not in rows


def test_a_page_cannot_be_decided_for_a_person_whose_session_ended(scene: Scene) -> None:
    scene.ada.cookies.clear()
    assert isinstance(scene.ada, TestClient)
    assert scene.lms.allow(scene.ada, organisation="cse").headers["location"] == "/sign-in"
