from collections.abc import Callable

import pytest
from lxml import html

from app.verification import Outcome
from app.verification import verify as verify_record
from app.verification.verify import TITLES
from app.web import labels
from app.web.verify_page import MAX_RECORD_BYTES, reason, verdict
from tests.conftest import NOW
from tests.simulator.issuer import SimulatedIssuer
from tests.simulator.site import Pages

Verify = Callable[..., str]


def headline(text: str) -> str:
    return html.fromstring(text).xpath("//div[contains(@class, 'verdict')]/h1")[0].text


def outcomes(text: str) -> list[str]:
    words = html.fromstring(text).xpath("//ol[@class='checks']//span[contains(@class, 'word')]")
    return [word.text for word in words]


def test_a_good_record_holds_and_shows_its_facts(pages: Pages, verify: Verify) -> None:
    text = verify(pages.issuer.secure_json(pages.issuer.record()))
    assert headline(text) == "This record holds"
    assert outcomes(text) == ["Passed"] * 10
    assert "Seismic design of masonry walls" in text
    assert "Kijani Society of Engineers" in text
    assert "750 minutes" in text


def test_a_pasted_token_is_verified_too(pages: Pages, verify: Verify) -> None:
    token = pages.issuer.secure_jwt(pages.issuer.record())
    assert headline(verify(f"  {token}\n".encode(), pasted=True)) == "This record holds"


def test_a_changed_record_shows_none_of_its_facts(pages: Pages, verify: Verify) -> None:
    record = pages.issuer.secure_json(pages.issuer.record())
    text = verify(record.replace(b"masonry walls", b"masonry halls"))
    assert headline(text) == "Do not rely on this record"
    assert outcomes(text)[5:] == ["Failed"] + ["Not known"] * 4
    assert "something in it was changed" in text
    assert "masonry" not in text


def test_an_unknown_issuer_is_not_vouched_for(verify: Verify) -> None:
    other = SimulatedIssuer(society="other")
    text = verify(other.secure_json(other.record()))
    assert headline(text) == "Do not rely on this record"
    assert "does not know who issued it" in text


def test_a_missing_status_list_leaves_it_undecided(pages: Pages, verify: Verify) -> None:
    record = pages.issuer.record()
    elsewhere = f"{pages.issuer.base_url}/societies/kse/status/9"
    record["credentialStatus"] |= {"id": f"{elsewhere}#4711", "statusListCredential": elsewhere}
    text = verify(pages.issuer.secure_json(record))
    assert headline(text) == "This could not be decided"


def test_what_is_no_record_is_said_kindly(verify: Verify) -> None:
    text = verify(b"<p onclick=x>hello")
    assert headline(text) == "Do not rely on this record"
    assert "not a record, or it was cut short" in text


def test_an_empty_form_asks_again(pages: Pages) -> None:
    answer = pages.client.post("/verify", files={"record": (None, " ")})
    assert answer.status_code == 422
    assert "Choose a file, or paste the record." in answer.text


@pytest.mark.parametrize("size", [MAX_RECORD_BYTES + 1, MAX_RECORD_BYTES * 3])
def test_a_file_that_is_too_large_is_refused_before_it_is_kept(pages: Pages, size: int) -> None:
    answer = pages.client.post("/verify", files={"file": ("big", b" " * size)})
    assert answer.status_code == 413
    assert "at most 512 KiB" in answer.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nno header"),
        ("multipart/form-data; boundary=x", b"\x00\xff"),
    ],
)
def test_a_broken_form_is_answered_with_the_form(pages: Pages, kind: str, body: bytes) -> None:
    answer = pages.client.post("/verify", content=body, headers={"content-type": kind})
    assert answer.status_code == 422
    assert 'id="drop"' in answer.text


def test_another_site_cannot_send_the_form(pages: Pages) -> None:
    answer = pages.client.post(
        "/verify", files={"record": (None, "x")}, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "This request was refused" in answer.text


def test_every_check_has_its_words() -> None:
    assert set(labels.CHECK) == set(TITLES)
    assert set(labels.REASON) == {*TITLES, "status-superseded"}


def test_a_superseded_record_sends_its_reader_to_the_corrected_one() -> None:
    issuer = SimulatedIssuer(revoked={4711}, superseded={4711})
    record = issuer.secure_json(issuer.record())
    report = verify_record(record, bundle=issuer.bundle(), at=NOW)
    assert reason(report) == "status-superseded"
    issuer.superseded.clear()
    assert reason(verify_record(record, bundle=issuer.bundle(), at=NOW)) == "status.revocation"


def test_the_verdict_is_the_worst_of_the_checks() -> None:
    issuer = SimulatedIssuer()
    bundle = issuer.bundle()
    good = verify_record(issuer.secure_json(issuer.record()), bundle=bundle, at=NOW)
    assert verdict(good) is Outcome.PASS
    assert verdict(verify_record(b"{}", bundle=bundle, at=NOW)) is Outcome.FAIL
