"""The search index from a terminal."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from app.catalogue import COURSE_CHANGED
from app.platform import outbox
from app.platform.db import Database
from tests.conftest import NOW

pytestmark = pytest.mark.slow

Opencpd = Callable[..., Result]


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output + repr(result.exception)
    return json.loads(result.stdout)


def test_the_index_is_looked_at_checked_and_given_another_try(
    opencpd: Opencpd, database: Database
) -> None:
    assert answer(opencpd("reindex", "--json")) == {"indexed": 0}
    with database.write() as session:
        outbox.set_aside(session, COURSE_CHANGED, {"a": "malformed", "b": "too long"}, at=NOW)
    told = answer(opencpd("index", "status", "--json"))
    assert told["outbox"]["set_aside"] == 2
    assert [one["reason"] for one in told["failing"]] == ["malformed", "too long"]
    assert "malformed" in opencpd("index", "status").stdout
    assert answer(opencpd("index", "retry", "a", "--json")) == {"tried": 1}
    refused = opencpd("index", "retry", "nobody")
    assert refused.exit_code == 1
    assert answer(opencpd("index", "retry", "--json")) == {"tried": 1}
    assert opencpd("worker", "--once").exit_code == 0
    assert answer(opencpd("index", "status", "--json"))["outbox"]["waiting"] == 0
    assert answer(opencpd("index", "check", "--mend", "--json"))["missing"] == []
