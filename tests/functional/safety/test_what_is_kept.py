"""What a node keeps after all kinds of things happened: no secret, and no person in the history."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from app.identity.audit import chain
from app.identity.model import Role
from migrations import metadata
from tests.functional.history.conftest import issue
from tests.simulator.members import House

ADA, JOY = "ada.lovelace@example.org", "joy.adamson@example.org"


def text_of(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def kept(made: House) -> dict[str, str]:
    """Every table as one text."""
    with made.node.database.read() as session:
        return {
            table.name: "\n".join(
                " ".join(map(text_of, row)) for row in session.execute(select(table))
            )
            for table in metadata().sorted_tables
        }


def last_part(address: str) -> str:
    return urlsplit(address).path.rpartition("/")[2]


def come_in(made: House, email: str, name: str) -> tuple[Any, set[str]]:
    """A browser that was let in by a mailed link, and the secrets of that."""
    browser = made.browser()
    browser.post("/sign-in", data={"email": email})
    link = made.mailbox.last_link(email)
    assert browser.post(urlsplit(link).path).status_code == 303
    assert browser.post("/account/profile", data={"name": name}).status_code == 303
    return browser, {last_part(link), *(cookie.value or "" for cookie in browser.cookies.jar)}


def invite(made: House, owner: Any) -> set[str]:
    answer = owner.post("/organisations/cse/invitations", data={"email": JOY, "roles": "editor"})
    assert answer.status_code == 303, answer.text
    link = made.mailbox.last_link(JOY)
    joy, secrets = come_in(made, JOY, "Joy Adamson")
    assert joy.post(urlsplit(link).path).headers["location"] == "/organisations/cse"
    return {last_part(link), *secrets}


def share(made: House) -> set[str]:
    """A record whose holder was given a link and shared it."""
    record = issue(made, "cse", 1)
    made_link = made.http.post(
        f"/api/v1/records/{record}/holder-link", headers=made.token("cse")
    ).json()["url"]
    path = urlsplit(made_link).path
    day = (made.now + timedelta(days=9)).date().isoformat()
    answer = made.http.post(f"{path}/shares", data={"label": "The registry", "until": day})
    assert answer.status_code == 303, answer.text
    shared = re.search(r"/shared/([\w-]+)", made.http.get(path).text)
    assert shared is not None
    return {last_part(made_link), shared[1]}


def live(made: House) -> set[str]:
    """The life of a node; gives every secret that somebody was told."""
    token = made.token("cse")["Authorization"].removeprefix("Bearer ")
    secrets = {one.secret for one in made.credentials.values()}
    secrets |= {token, token.rpartition(".")[2], "a passphrase of the tests"}
    _, found = come_in(made, ADA, "Ada Lovelace")
    owner = made.sign_in(ADA, cse=Role.OWNER)
    secrets |= found | {cookie.value or "" for cookie in owner.cookies.jar}
    secrets |= invite(made, owner) | share(made)
    assert owner.post("/sign-out").status_code == 303
    with made.node.database.write() as session:
        chain.seal(session)
    return secrets


def test_a_node_keeps_no_secret_and_names_nobody_in_its_history(made: House) -> None:
    secrets = live(made)
    assert len(secrets) >= 11
    assert min(map(len, secrets)) >= 20
    tables = kept(made)
    assert "Ada Lovelace" in tables["person"]  # so that looking finds what is there
    found = [
        (name, secret) for name, text in tables.items() for secret in secrets if secret in text
    ]
    assert found == []
    folder = made.node.settings.data_dir
    for file in (each for each in folder.rglob("*") if each.is_file()):
        data = file.read_bytes()
        assert not any(secret.encode() in data for secret in secrets), file

    history = tables["audit"]
    assert {"session.begin", "member.set", "record.share", "person.add"} <= set(
        re.findall(r"[a-z]+\.[a-z.-]+", history)
    )
    people = (ADA, JOY, "Ada", "Lovelace", "Joy", "Adamson", "example.org", "192.0.2.1",
              "testclient", "browser", "REG-1")  # fmt: skip
    assert [word for word in people if word.lower() in history.lower()] == []
