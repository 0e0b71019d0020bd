"""What people see: a course's page, hits, the calculator, a registry's rules."""

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.identity.people import registrations, service
from app.identity.people.model import NewRegistration
from app.proof.jose import split
from app.recognition.adoption import trusting
from app.recognition.adoption.tables import PolicyVersionRow
from app.web.counting.rules_page import report
from tests.simulator.counting import (
    HOURS,
    HOURS_POLICY,
    PENDING,
    SOCIETY,
    STRICT,
    Counting,
)


def text_of(http: TestClient, path: str, *, status: int = 200) -> str:
    answer = http.get(path)
    assert answer.status_code == status, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def engineer(counting: Counting, number: str) -> TestClient:
    """Somebody who is registered in the registry ``hours``, and whom it has confirmed."""
    email = f"{number}@engineer.example"
    browser = counting.house.sign_in(email)
    with counting.house.node.database.write() as session:
        person = service.person_of_email(session, email, at=counting.house.now)
        new = NewRegistration(HOURS, number, "2025-01-01", "")
        registrations.add(session, person.id, new, at=counting.house.now)
    counting.register(HOURS, person.id, number)
    return browser


def test_a_courses_page_says_what_it_counts_for_to_anybody(counting: Counting) -> None:
    said = text_of(counting.house.http, f"/courses/{counting.ids['long']}")
    assert "What it counts for" in said
    assert "8 PDU The registry hours" in said
    assert "Line course : 1 PDU for every 2 hours contact time" in said
    assert "1 2/3 credits The registry strict" in said
    assert "The registry decides" in said
    assert "For you" not in said


def test_illustrative_rules_never_look_adopted(counting: Counting) -> None:
    answer = counting.house.http.get(f"/courses/{counting.ids['long']}").text
    shown = re.findall(r'href="/recognition/(ke-ebk|ie-ei|za-ecsa)">.*?</a>\s*<span class="badge">'
                       "Illustrative: not adopted", answer, re.DOTALL)  # fmt: skip
    assert set(shown) == {"ke-ebk", "ie-ei", "za-ecsa"}


def test_who_is_registered_sees_the_own_registry_first_and_what_it_fills(
    counting: Counting,
) -> None:
    browser = engineer(counting, "H-1")
    answer = browser.get(f"/courses/{counting.ids['long']}")
    assert "no-store" in answer.headers["cache-control"]
    said = text_of(browser, f"/courses/{counting.ids['long']}")
    own = said.split("For you", 1)[1].split("In other registries", 1)[0]
    assert "The registry hours" in own
    assert "The registry strict" not in own
    assert "In your cycle: from 0 to 8 PDU, of 50 PDU that are required." in own
    assert "Minimum “structured”: 10 PDU short, then 2 PDU" in own
    assert "Cap “structured-year”: 20 PDU left, then 12 PDU" in own


def test_a_course_that_ends_in_another_cycle_fills_nothing_in_this_one(
    counting: Counting,
) -> None:
    browser = engineer(counting, "H-2")
    said = text_of(browser, f"/courses/{counting.ids['short']}")
    own = said.split("For you", 1)[1].split("In other registries", 1)[0]
    assert "2 PDU The registry hours" in own
    assert "In your cycle" not in own


def test_hits_say_what_they_count_for_in_the_readers_registries(counting: Counting) -> None:
    browser = engineer(counting, "H-3")
    said = text_of(browser, "/?q=bridges")
    assert "in the registries in which you are registered" in said
    assert "8 PDU The registry hours" in said
    assert "8 PDU The registry hours" not in text_of(counting.house.http, "/?q=bridges")


def test_hits_say_it_for_the_registries_that_are_chosen(counting: Counting) -> None:
    path = f"/?q=bridges&counts_for={STRICT}&counts_for=ie-ei&sort=counts_for"
    answer = counting.house.http.get(path).text
    assert "1 2/3 credits" in answer
    assert '<option value="counts_for" selected>' in answer
    assert f'value="{STRICT}" checked' in answer
    assert f"counts_for={STRICT}" in answer.split('class="chip"', 1)[1]
    assert counting.house.http.get("/?counts_for=nobody").status_code == 422


def test_the_calculator_shows_what_would_count_and_what_is_missing(counting: Counting) -> None:
    http = counting.house.http
    said = text_of(http, "/calculator?kind=course&contact_minutes=960&society=rift&languages=en")
    assert "8 PDU The registry hours" in said
    assert "It would count 1 2/3 credits if:" in said
    assert "The registry lists the society as one of: listed-society." in said
    assert "No rules in force The registry pending" in said
    assert "results stand here" in text_of(http, "/calculator")


def test_the_calculator_takes_a_course_of_the_catalogue(counting: Counting) -> None:
    answer = counting.house.http.get(f"/calculator?course={counting.ids['long']}").text
    assert 'name="contact_minutes" inputmode="decimal" maxlength="14" value="960"' in answer
    assert f'<option value="{SOCIETY}" selected>' in answer
    assert "1 2/3 credits" in answer


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("kind=party", 422),
        ("contact_minutes=-1", 422),
        ("kind=course&on=2027-99-99", 422),
        ("course=nobody", 404),
        ("course=%00", 404),
        ("society=%00%27", 422),
        ("kind=%3Cscript%3E", 422),
    ],
)
def test_a_calculation_that_cannot_be_made_says_why(
    counting: Counting, query: str, status: int
) -> None:
    answer = counting.house.http.get(f"/calculator?{query}")
    assert answer.status_code == status, answer.text
    assert "<script>" not in answer.text
    assert 'role="alert"' in answer.text


def test_a_registrys_rules_stand_in_words(counting: Counting) -> None:
    said = text_of(counting.house.http, f"/recognition/{HOURS}")
    for words in (
        "Adopted by the registry under its own key",
        "Whoever issued the record.",
        "Online, at one's own pace: shown must be that it is assessed.",
        "1 PDU for every 4 hours contact time",
        "At most 20 PDU a year of the category structured.",
        "50 PDU in 12 months.",
        "At least 10 PDU of it: structured.",
        "Rules of 2026, section 4",
    ):
        assert words in said, words


def test_every_illustrative_policy_has_its_page_and_is_marked(counting: Counting) -> None:
    for name in ("pk-pec-foreign", "ca-apega", "us-nd", "au-ea", "ph-prc"):
        said = text_of(counting.house.http, f"/recognition/{name}")
        assert "Illustrative: not adopted by the body named" in said


def test_the_exact_text_and_the_signed_statement_can_be_had(counting: Counting) -> None:
    base = f"/recognition/{HOURS}/policies/{HOURS}-rules/1"
    text = counting.house.http.get(f"{base}.yaml")
    assert text.text == HOURS_POLICY
    assert "attachment" in text.headers["content-disposition"]
    assert text.headers["x-content-type-options"] == "nosniff"
    statement = counting.house.http.get(f"{base}.jwt")
    assert statement.headers["content-type"].startswith("application/jwt")
    assert split(statement.text).header["typ"] == "opencpd-policy-adoption+jwt"
    illustrative = "/recognition/ke-ebk/policies/ke-ebk/1"
    assert "not adopted by the body" in counting.house.http.get(f"{illustrative}.yaml").text
    for path in (
        f"{illustrative}.jwt",
        f"/recognition/{HOURS}/policies/{HOURS}-rules/2.yaml",
        f"/recognition/{PENDING}/policies/{HOURS}-rules/1.yaml",
        "/recognition/nobody",
    ):
        assert counting.house.http.get(path).status_code == 404, path


def test_a_registry_that_has_adopted_nothing_says_so(counting: Counting) -> None:
    assert "There are no rules in force today." in text_of(
        counting.house.http, f"/recognition/{PENDING}"
    )


def test_rules_that_the_registry_did_not_sign_are_not_applied(counting: Counting) -> None:
    """Whoever changes the database changes no result, and no page falls over."""
    database = counting.house.node.database

    def write(text: str) -> None:
        with database.write() as session:
            session.execute(
                update(PolicyVersionRow)
                .where(PolicyVersionRow.registry_id == STRICT)
                .values(text=text)
            )
        trusting.forget()

    with database.read() as session:
        kept = session.query(PolicyVersionRow.text).filter_by(registry_id=STRICT).scalar()
    write(kept.replace('per: "600"', 'per: "6"'))
    try:
        said = text_of(counting.house.http, f"/courses/{counting.ids['long']}")
        assert "Its rules cannot be relied on now The registry strict" in said
        assert "8 PDU The registry hours" in said
        assert "is not what the registry signed" in text_of(
            counting.house.http, f"/recognition/{STRICT}"
        )
        assert counting.house.http.get(f"/?counts_for={STRICT}").status_code == 200
    finally:
        write(kept)
    assert "1 2/3 credits" in text_of(counting.house.http, f"/courses/{counting.ids['long']}")


@pytest.mark.parametrize(
    ("contact", "leads_to"),
    [
        ("cpd@node.example", "mailto:cpd@node.example?subject=rules%201%2C%20course"),
        ("https://node.example/contact", "https://node.example/contact"),
        ("javascript:alert(1)", None),
        ("a@b?cc=all@world.example", None),
        ("Office <cpd@node.example>", None),
        (None, None),
    ],
)
def test_a_wrong_rule_is_reported_to_whom_the_node_names(
    contact: str | None, leads_to: str | None
) -> None:
    assert report(contact, about="rules 1, course") == leads_to
