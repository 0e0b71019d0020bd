"""What the offline page says of a record is what ``app.verification`` says of it."""

import collections
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from app.verification import Outcome, verify
from app.verification.model import COMPLETION, GENERIC
from app.verification.signed_bundle import open_bundle
from tests.browser.judged import bundles, changes, records, signed_anyhow
from tests.browser.offline import give_bundle, give_record
from tests.simulator.issuer import NOW
from tests.simulator.stick import Stick

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def outcomes_of(report: Any) -> dict[str, str]:
    return {check.code: check.outcome.value for check in report.checks}


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
        "good", "signed with Ed25519", "in an envelope", "with spaces around",
        "a key in the header",
    ]  # fmt: skip


def test_it_knows_a_completion_record_where_the_other_verifier_does(
    device: Callable[[], Page], stick: Stick
) -> None:
    page, data = device(), stick.signed()
    bundle = open_bundle(data, publisher_keys=None, least_version=None).bundle
    give_bundle(page, data)
    tokens = [signed_anyhow(stick.society, document) for document in changes(stick.society)]
    found = page.evaluate(ALL_OF_THEM, tokens)
    kinds = collections.Counter[str]()
    for token, outcomes in zip(tokens, found, strict=True):
        report = verify(token.encode(), bundle=bundle, at=NOW)
        third = report.check("record.profile")
        if third.outcome is Outcome.PASS and report.profile == GENERIC:
            expected = ["pass", "pass", "unknown"]  # which it leaves to others
        elif third.outcome is Outcome.FAIL:
            expected = ["pass", "pass", "unknown"]  # nor does it say that it is no credential
        else:
            expected = [check.outcome.value for check in report.checks]
        assert outcomes[: len(expected)] == expected, (token, report)
        kinds[str(report.profile)] += 1
    assert kinds[COMPLETION] > 20
    assert kinds[GENERIC] > 100


ALL_OF_THEM = """async (tokens) => {
    const found = [];
    for (const token of tokens) {
        document.querySelector("#answer").replaceChildren();
        document.querySelector("#record-text").value = token;
        document.querySelector("#record-form").requestSubmit();
        while (!document.querySelector(".checks")) await new Promise((go) => setTimeout(go));
        const checks = [...document.querySelectorAll(".checks li")];
        found.push(checks.map((item) => item.dataset.outcome));
    }
    return found;
}"""


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
