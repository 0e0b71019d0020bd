import json

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform.settings import Settings
from app.web.api_page import operations
from app.wiring import open_node
from tests.generated import OPENAPI

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    node = open_node(Settings(data_dir=tmp_path_factory.mktemp("node"), _env_file=None))
    answer = TestClient(create_app(node)).get("/api/docs", headers={"Accept": "text/html"})
    node.close()
    assert answer.status_code == 200
    return answer.text


def test_every_operation_is_shown_with_its_scope_and_fields(page: str) -> None:
    assert "/api/v1/societies/{society_id}/completions" in page
    assert "records:issue" in page
    assert "contact_minutes" in page
    assert page.count('<details class="operation"') == len(
        operations(read_description(), base_url="")
    )


def test_nothing_of_the_page_comes_from_another_site(page: str) -> None:
    assert 'src="http' not in page
    assert 'href="http' not in page


def read_description() -> dict[str, object]:
    return dict(json.loads(OPENAPI.read_text()))
