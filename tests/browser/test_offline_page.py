"""The page that verifies on the reader's own device, in a real Chromium with its network off."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from app.proof import status_list
from app.proof.encoding import base64url_decode, base64url_encode
from app.verification import Bundle, Outcome, verify
from app.verification.signed_bundle import open_bundle
from app.web.offline_page import single_file
from app.web.rendering import Site
from tests.simulator.issuer import NOW, SimulatedIssuer
from tests.simulator.stick import Stick

pytestmark = pytest.mark.browser
TRUST = "The key is the same: trust this publisher"
DAY = timedelta(days=1)


@pytest.fixture
def stick() -> Stick:
    return Stick()


@pytest.fixture
def device(browser: Browser, tmp_path: Path) -> Iterator[Callable[[], Page]]:
    """Opens the saved page as a file, with no network; it must ask for nothing and not complain."""
    saved = tmp_path / "opencpd-verify.html"
    saved.write_text(single_file(Site(node_name="Test node")), "utf-8")
    complaints: list[str] = []
    context = browser.new_context(offline=True, locale="en")

    def make() -> Page:
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.clock.set_fixed_time(NOW)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.append(asked.url))
        page.goto(saved.as_uri())
        complaints.remove(saved.as_uri())
        return page

    yield make
    context.close()
    assert complaints == []


def give_bundle(page: Page, data: bytes, *, trust: bool = True) -> None:
    file = FilePayload(name="bundle.json", mimeType="application/json", buffer=data)
    page.get_by_label("Drop the trust bundle").set_input_files(file)
    expect(page.locator("#bundle-said .verdict")).to_be_visible()
    if trust:
        page.get_by_role("button", name=TRUST).click()
        expect(page.locator("#bundle-said h2")).to_have_text("The trust bundle is good")


def give_record(page: Page, record: str | bytes) -> dict[str, str]:
    """Paste a record; gives what each check found."""
    shown = record if isinstance(record, str) else record.decode()
    page.get_by_label("Or paste the record").fill(shown)
    page.evaluate("document.querySelector('#answer').replaceChildren()")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator(".checks li")).to_have_count(10)
    found = page.locator(".checks li").evaluate_all(
        "items => items.map(item => [item.dataset.code, item.dataset.outcome])"
    )
    return dict(found)


def heading(page: Page) -> str:
    return page.locator("#answer h2").first.inner_text()


def test_a_record_is_verified_with_no_network_from_a_saved_file(
    device: Callable[[], Page], stick: Stick
) -> None:
    page = device()
    give_bundle(page, stick.signed())
    outcomes = give_record(page, stick.society.secure_jwt(stick.society.record()))
    assert set(outcomes.values()) == {"pass"}
    assert heading(page) == "This record holds"
    expect(page.locator("#answer")).to_contain_text("Seismic design of masonry walls")
    expect(page.locator("#answer")).to_contain_text("Kijani Society of Engineers (in the bundle)")
    expect(page.locator("#answer")).to_contain_text("12 hours, 30 minutes")
    expect(page.locator("#answer")).to_be_focused()


def changed(token: str, **members: Any) -> str:
    header, payload, signature = token.split(".")
    claims = json.loads(base64url_decode(payload)) | members
    return f"{header}.{base64url_encode(json.dumps(claims).encode())}.{signature}"


def with_text(issuer: SimulatedIssuer, old: str, new: str) -> str:
    """A token whose payload's very text was changed before it was signed."""
    payload = json.dumps(issuer.record()).replace(old, new)
    header = {"alg": "ES256", "typ": "vc+jwt", "kid": issuer.token_key.id}
    parts = [json.dumps(header).encode(), payload.encode()]
    to_sign = ".".join(map(base64url_encode, parts))
    signature = issuer.sign(issuer.token_key.id, to_sign.encode())
    return f"{to_sign}.{base64url_encode(signature)}"


def records(stick: Stick) -> dict[str, str]:
    """Records of every kind that the two verifiers must judge alike."""
    society, stranger = stick.society, SimulatedIssuer(society="strangers")
    good = society.secure_jwt(society.record())
    header, payload, signature = good.split(".")
    claims, kid = json.loads(base64url_decode(payload)), society.token_key.id
    head = {"alg": "ES256", "typ": "vc+jwt", "kid": kid}
    impostor = stranger.record()
    impostor["issuer"]["id"] = society.id
    flipped = base64url_decode(signature)[:-1] + bytes([base64url_decode(signature)[-1] ^ 1])
    envelope = {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "id": f"data:application/vc+jwt,{good}",
        "type": "EnvelopedVerifiableCredential",
    }
    return {
        "good": good,
        "in an envelope": json.dumps(envelope),
        "with spaces around": f" \r\n{good}\n\t",
        "revoked": society.secure_jwt(society.record(index=1)),
        "suspended": society.secure_jwt(society.record(index=2)),
        "superseded": society.secure_jwt(society.record(index=3)),
        "beyond the list": society.secure_jwt(society.record(index=131_072)),
        "unknown issuer": stranger.secure_jwt(stranger.record()),
        "another's key": stranger.secure_jwt(impostor),
        "unknown key": society.sign_token(head | {"kid": f"{society.id}#other"}, claims),
        "tampered payload": changed(good, name="Another course"),
        "tampered signature": f"{header}.{payload}.{base64url_encode(flipped)}",
        "short signature": f"{header}.{payload}.{signature[:-4]}",
        "alg none": society.sign_token(head | {"alg": "none"}, claims),
        "alg HS256": society.sign_token(head | {"alg": "HS256"}, claims),
        "alg of the other key": society.sign_token(head | {"alg": "EdDSA"}, claims),
        "key of the other kind": society.sign_token(head | {"kid": society.proof_key.id}, claims),
        "a key in the header": society.sign_token(head | {"jwk": society.token_key.jwk}, claims),
        "crit": society.sign_token(head | {"crit": ["b64"], "b64": False}, claims),
        "another type": society.sign_token(head | {"typ": "JWT"}, claims),
        "no kid": society.sign_token({"alg": "ES256", "typ": "vc+jwt"}, claims),
        "claims that differ": society.sign_token(head, claims | {"sub": "urn:uuid:other"}),
        "nbf that differs": society.sign_token(head, claims | {"nbf": claims["nbf"] + 1}),
        "exp alone": society.sign_token(head, claims | {"exp": 2_000_000_000}),
        "a vc claim": society.sign_token(head, claims | {"vc": {}}),
        "duplicate names": with_text(society, '"role"', '"role": "teacher", "role"'),
        "duplicate __proto__": with_text(society, "{", '{"__proto__": 1, "__proto__": 2, '),
        "half a surrogate": with_text(society, "participant", "\\ud800"),
        "a number too large": with_text(society, "12.5", "1e999"),
        "too deep": with_text(society, '"participant"', "[" * 40 + "]" * 40),
        "not JSON inside": with_text(society, '"role"', "role"),
        "stray bits": f"{header}.{payload}.{signature[:-1]}"
        + {"A": "B", "Q": "R", "g": "h", "w": "x"}[signature[-1]],
        "from the future": society.secure_jwt(
            society.record(validFrom="2026-12-01T00:00:00Z")
        ),
        "before its key": society.secure_jwt(
            society.record(validFrom="2025-11-20T09:30:00Z", awardedDate="2025-11-18T00:00:00Z")
        ),
        "no record": "hello",
        "an empty object": "{}",
        "cut short": good[:200],
    }  # fmt: skip


def outcomes_of(report: Any) -> dict[str, str]:
    return {check.code: check.outcome.value for check in report.checks}


@pytest.mark.slow
def test_its_verdicts_are_those_of_the_other_verifier(
    device: Callable[[], Page], stick: Stick
) -> None:
    stick.society.revoked = {1, 3}
    stick.society.superseded = {3}
    stick.society.suspended = {2}
    page, data = device(), stick.signed()
    bundle = open_bundle(data, publisher_keys=None, least_version=None).bundle
    give_bundle(page, data)
    expected, found = {}, {}
    for name, record in records(stick).items():
        expected[name] = outcomes_of(verify(record.encode(), bundle=bundle, at=NOW))
        found[name] = give_record(page, record)
    assert found == expected
    assert [name for name, all_of in found.items() if set(all_of.values()) == {"pass"}] == [
        "good", "in an envelope", "with spaces around", "a key in the header",
    ]  # fmt: skip


def bundles(stick: Stick) -> dict[str, Bundle]:
    """What a bundle can say of the issuer, its keys and its lists."""
    made, society = stick.bundle(), stick.society
    entry = society.entry()

    def keys(**changes: Any) -> Bundle:
        changed = replace(entry, keys=tuple(replace(key, **changes) for key in entry.keys))
        return replace(made, issuers={**made.issuers, society.id: changed})

    def lists(**changes: Any) -> Bundle:
        return replace(made, status_lists=stick.lists(**changes))

    first = made.status_lists[society.status_url]
    stranger = Stick(society=SimulatedIssuer())
    bomb = {
        "type": "BitstringStatusList",
        "statusPurpose": "revocation",
        "encodedList": status_list.encode(bytes(20 * 1024 * 1024)),
    }
    return {
        "retired since": keys(retired_at=NOW - DAY),
        "retired before": keys(retired_at=NOW - 9 * DAY),
        "compromised": keys(compromised_since=NOW - DAY),
        "not valid yet": keys(valid_from=NOW - DAY),
        "no list at all": replace(made, status_lists={}),
        "no list of suspensions": replace(made, status_lists={society.status_url: first}),
        "an expired list": lists(validUntil="2026-11-22T00:00:00Z"),
        "a list of tomorrow": lists(validFrom="2026-11-24T00:00:00Z"),
        "a list fetched long ago": replace(
            made, status_lists={url: replace(held, fetched_at=NOW - 8 * DAY)
                                for url, held in made.status_lists.items()}
        ),
        "another's list": replace(made, status_lists=stranger.lists()),
        "a list of another place": lists(id="https://node.example/other"),
        "a list of another kind": lists(type=["VerifiableCredential"]),
        "a list that fills a machine": lists(credentialSubject=bomb),
        "an empty list": lists(credentialSubject={
            "type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": "uH4sIAAAA"
        }),
    }  # fmt: skip


@pytest.mark.slow
def test_it_reads_a_bundle_as_the_other_verifier_does(
    device: Callable[[], Page], stick: Stick
) -> None:
    page = device()
    record = stick.society.secure_jwt(stick.society.record())
    give_bundle(page, stick.signed())
    expected, found = {}, {}
    for name, bundle in bundles(stick).items():
        expected[name] = outcomes_of(verify(record.encode(), bundle=bundle, at=NOW))
        give_bundle(page, stick.signed(bundle), trust=False)
        found[name] = give_record(page, record)
    assert found == expected
    assert {outcome for all_of in found.values() for outcome in all_of.values()} == set(Outcome)


def test_what_it_does_not_judge_is_unknown_and_never_a_pass(
    device: Callable[[], Page], stick: Stick
) -> None:
    page, society = device(), stick.society
    give_bundle(page, stick.signed())
    in_json = give_record(page, society.secure_json(society.record()))
    assert in_json["record.securing"] == "unknown"
    assert "pass" not in list(in_json.values())[1:]
    other = give_record(page, society.secure_jwt(society.record(validUntil="2030-01-01T00:00:00Z")))
    assert other["record.profile"] == "unknown"
    assert heading(page) == "This could not be decided"
    give_bundle(
        page, stick.signed(stick.bundle(status_lists=stick.lists(embedded=True))), trust=False
    )
    listed = give_record(page, society.secure_jwt(society.record()))
    assert (listed["proof.signature"], listed["status.revocation"]) == ("pass", "unknown")


def refused(page: Page, data: bytes) -> str:
    give_bundle(page, data, trust=False)
    expect(page.locator("#bundle-said h2")).to_have_text("This trust bundle is refused")
    return page.locator("#bundle-said .verdict").get_attribute("data-code") or ""


def test_a_bundle_that_is_not_its_publishers_is_refused(
    device: Callable[[], Page], stick: Stick
) -> None:
    page, good = device(), json.loads(stick.signed())
    payload = json.loads(base64url_decode(good["payload"]))
    payload["issuers"][0]["name"] = "Somebody else"
    tampered = good | {"payload": base64url_encode(json.dumps(payload).encode())}
    assert refused(page, json.dumps(tampered).encode()) == "bundle-signer"
    assert refused(page, base64url_decode(good["payload"])) == "bundle-unsigned"
    assert refused(page, b"{}") == "bundle-format"
    assert (
        refused(page, b'{"payload": "", "payload": "", "signatures": []}') == "json-duplicate-name"
    )
    give_bundle(page, stick.signed())
    record = stick.society.secure_jwt(stick.society.record())
    assert set(give_record(page, record).values()) == {"pass"}
    refused(page, json.dumps(tampered).encode())
    expect(page.locator("#answer")).to_contain_text("Give a trust bundle above")


def test_it_remembers_a_publisher_and_refuses_older_bundles_and_changed_keys(
    device: Callable[[], Page], stick: Stick
) -> None:
    page = device()
    give_bundle(page, stick.signed(stick.bundle(version=9)))
    expect(page.locator("#bundle-said")).to_contain_text("This device remembers")
    page.close()
    page = device()
    assert refused(page, stick.signed(stick.bundle(version=8))) == "bundle-older"
    give_bundle(page, stick.signed(stick.bundle(version=10)), trust=False)
    expect(page.locator("#bundle-said h2")).to_have_text("The trust bundle is good")
    pretender = Stick(society=stick.society)
    assert refused(page, pretender.signed(pretender.bundle(version=99))) == "bundle-key-changed"
    page.get_by_text("Publishers that this device remembers").click()
    page.get_by_role("button", name=f"Forget {stick.publisher.id}").click()
    give_bundle(page, stick.signed(stick.bundle(version=8)), trust=False)
    expect(page.locator("#bundle-said h2")).to_contain_text("does not know the publisher yet")


@pytest.mark.slow
def test_a_new_publishers_key_is_shown_and_nothing_is_verified_before_it_is_trusted(
    device: Callable[[], Page], stick: Stick
) -> None:
    page = device()
    give_bundle(page, stick.signed(), trust=False)
    shown = page.locator(".key").text_content()
    assert shown == stick.publisher.token_key.multibase
    page.get_by_label("Or paste the record").fill(stick.society.secure_jwt(stick.society.record()))
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#answer")).to_have_text(
        "The record is here. Give a trust bundle above, and it will be verified."
    )
    page.get_by_role("button", name=TRUST).press("Enter")
    expect(page.locator("#answer h2").first).to_have_text("This record holds")


@pytest.mark.slow
def test_both_files_can_be_dropped_anywhere(device: Callable[[], Page], stick: Stick) -> None:
    page = device()
    give_bundle(page, stick.signed())
    files = page.evaluate_handle(
        """([bundle, record]) => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([record], "record.jwt"));
            dropped.items.add(new File([bundle], "bundle.json"));
            return dropped;
        }""",
        [stick.signed().decode(), stick.society.secure_jwt(stick.society.record())],
    )
    page.dispatch_event("body", "drop", {"dataTransfer": files})
    expect(page.locator("#answer h2").first).to_have_text("This record holds")


def test_the_served_page_is_the_same_and_asks_nothing_of_its_node(
    open_page: Callable[..., Page], stick: Stick
) -> None:
    page = open_page()
    page.clock.set_fixed_time(NOW)
    page.goto("/verify/offline", wait_until="networkidle")
    page.context.set_offline(True)
    give_bundle(page, stick.signed())
    record = stick.society.secure_jwt(stick.society.record())
    assert set(give_record(page, record).values()) == {"pass"}
