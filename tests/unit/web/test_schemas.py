"""The schemas that a node serves to editors and to programs of others."""

from jsonschema import Draft202012Validator

from app.recognition.policies import schema, shipped
from app.recognition.policies.text import read_text
from tests.simulator.site import Pages


def test_the_schema_of_a_policy_is_served_to_anybody(pages: Pages) -> None:
    answer = pages.client.get("/schemas/policy-v1.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json() == schema.schema()
    validator = Draft202012Validator(answer.json())
    assert validator.is_valid(read_text(shipped.texts()["za-ecsa-v1"]).document)
    assert pages.client.head("/schemas/policy-v1.json").status_code == 200


def test_no_other_version_of_it_is_there(pages: Pages) -> None:
    assert pages.client.get("/schemas/policy-v2.json").status_code == 404
