"""The page that verifies on the reader's own device, in a real Chromium with its network off."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import FilePayload, Page, expect

from app.proof.encoding import base64url_decode, base64url_encode
from tests.browser.offline import TRUST, give_bundle, give_record
from tests.simulator.issuer import NOW
from tests.simulator.stick import Stick

pytestmark = pytest.mark.browser


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


def test_a_bundle_outlives_the_time_after_which_a_list_could_be_asked_for_again(
    device: Callable[[], Page], stick: Stick
) -> None:
    page = device()
    lists = {
        url: replace(held, fetched_at=NOW - timedelta(hours=1))
        for url, held in stick.lists(ttl=300_000).items()
    }
    give_bundle(page, stick.signed(stick.bundle(status_lists=lists)))
    outcomes = give_record(page, stick.society.secure_jwt(stick.society.record()))
    assert set(outcomes.values()) == {"pass"}


def test_a_chosen_file_keeps_its_verdict_when_verify_is_pressed(
    device: Callable[[], Page], stick: Stick
) -> None:
    page = device()
    give_bundle(page, stick.signed())
    record = stick.society.secure_jwt(stick.society.record()).encode()
    file = FilePayload(name="record.jwt", mimeType="application/vc+jwt", buffer=record)
    page.get_by_label("Drop the record's file").set_input_files(file)
    expect(page.locator("#answer h2").first).to_have_text("This record holds")
    page.get_by_role("button", name="Verify", exact=True).click()
    expect(page.locator("#answer h2").first).to_have_text("This record holds")


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
