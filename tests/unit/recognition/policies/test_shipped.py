"""The policies that come with OpenCPD can be read, and say that nobody adopted them."""

import pytest

from app.recognition.policies import shipped
from app.recognition.policies.model import Status
from app.recognition.policies.reading import read_policy

NAMES = list(shipped.texts())


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_policy_is_named_by_its_id_and_version_and_decides_nothing(name: str) -> None:
    policy = read_policy(shipped.texts()[name])
    assert name == f"{policy.policy_id}-v{policy.policy_version}"
    assert policy.status is Status.ILLUSTRATIVE
    assert not policy.decides
    assert "not adopted" in policy.status_note
    assert policy.title
    assert policy.rule_sources
    assert shipped.texts()[name].startswith("# ")


def test_the_versions_of_a_policy_follow_one_another() -> None:
    older, newer = shipped.versions("ca-apega")
    assert (older.policy_version, newer.policy_version) == (1, 2)
    assert older.valid.last is not None
    assert newer.valid.first is not None
    assert older.valid.last < newer.valid.first


def test_a_policy_that_is_not_shipped_has_no_versions() -> None:
    assert shipped.versions("no-such-policy") == ()
