"""What operators and their programs see of the index: a page, commands, metrics."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from app.catalogue import COURSE_CHANGED
from app.main import create_app
from app.platform import outbox
from app.platform.settings import Settings
from app.search import SearchUnavailable, state
from app.wiring import Node, open_node
from app.worker import Worker

pytestmark = pytest.mark.slow

Samples = dict[tuple[str, str], float]
LATER = timedelta(seconds=90)


@pytest.fixture
def node(tmp_path: Path, database_url: str, search_settings: dict[str, str]) -> Iterator[Node]:
    settings = Settings(
        data_dir=tmp_path / "node", database_url=database_url, _env_file=None, **search_settings
    )
    opened = open_node(settings)
    yield opened
    opened.close()


def samples(client: TestClient) -> Samples:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_metrics_tell_of_outbox_index_and_searches(node: Node, now: datetime) -> None:
    clock = [now]
    Worker(node, now=lambda: now).turn()
    with node.database.write() as session:
        outbox.publish(session, COURSE_CHANGED, ["a", "b", "c"], at=now)
        outbox.set_aside(session, COURSE_CHANGED, {"d": "malformed"}, at=now)
    clock[0] = now + LATER
    app = create_app(node, now=lambda: clock[0])
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.get("/api/v1/search?q=pump").status_code == 200
        assert client.get("/api/v1/search?page=x").status_code == 422
        found = samples(client)
        assert found["opencpd_outbox_waiting", COURSE_CHANGED] == 3
        assert found["opencpd_outbox_oldest_seconds", COURSE_CHANGED] == LATER.total_seconds()
        assert found["opencpd_outbox_set_aside", COURSE_CHANGED] == 1
        assert found["opencpd_search_up", ""] == 1
        assert found["opencpd_search_documents", ""] == 0
        assert found["opencpd_search_rebuilds", ""] == 1
        assert found["opencpd_search_request_seconds_count", "search,answered"] == 1
        assert found["opencpd_search_request_seconds_count", "search,refused"] == 1
        assert ("opencpd_search_request_seconds_bucket", "search,0.005,answered") in found
        with node.database.write() as session:
            outbox.publish(session, COURSE_CHANGED, ["e"], at=now)
        assert samples(client)["opencpd_outbox_waiting", COURSE_CHANGED] == 3  # as just read
        clock[0] += timedelta(seconds=6)
        assert samples(client)["opencpd_outbox_waiting", COURSE_CHANGED] == 4
        with node.database.write() as session:
            state.failed(session, "away", at=clock[0])
        clock[0] += timedelta(seconds=6)
        assert samples(client)["opencpd_search_write_failures", ""] == 1


def test_a_search_that_the_engine_cannot_answer_is_counted_as_such(
    node: Node, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise SearchUnavailable("The search server does not answer.")

    monkeypatch.setattr(type(node.index), "search", away)
    with TestClient(create_app(node, now=lambda: now), base_url="http://127.0.0.1:8000") as client:
        answer = client.get("/api/v1/search?q=pump")
        assert (answer.status_code, answer.json()["code"]) == (503, "search-unavailable")
        assert int(answer.headers["retry-after"]) > 0
        found = samples(client)
    assert found["opencpd_search_request_seconds_count", "search,unavailable"] == 1
