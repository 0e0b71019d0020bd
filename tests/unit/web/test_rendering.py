from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

import app.web
from app.web.rendering import STATIC, static_address
from tests.simulator.site import Pages

WEB = Path(app.web.__file__).parent
EXTRACT = (
    "pybabel extract -F app/web/locale/babel.cfg -k N_ -k NN_:1,2 --add-location=file "
    "--sort-output --omit-header -o app/web/locale/opencpd.pot app/web"
)


def test_the_message_catalogue_is_up_to_date() -> None:
    with (WEB / "locale" / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "NN_": (1, 2)}
    found = {
        tuple(message) if isinstance(message, tuple) else message
        for _, _, message, _, _ in extract_from_dir(WEB, methods, options, keywords)
    }
    with (WEB / "locale" / "opencpd.pot").open("rb") as file:
        kept = {message.id for message in read_po(file) if message.id}
    assert kept == found, f"run: {EXTRACT}"


@pytest.mark.parametrize("path", ["/", "/verify", "/nothing", "/courses/none"])
def test_every_page_forbids_inline_code_and_framing(pages: Pages, path: str) -> None:
    answer = pages.client.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text


def test_static_files_may_be_kept_for_ever_under_their_hash(pages: Pages) -> None:
    for name in STATIC:
        answer = pages.client.get(static_address(name))
        assert answer.content == STATIC[name]
        assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in pages.client.get("/static/site.css").headers["cache-control"]
    assert pages.client.get("/static/..%2fpages.py").status_code == 404


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/", 405), ("GET", "/none", 404)])
def test_errors_are_pages_for_people_and_problems_for_programs(
    pages: Pages, method: str, path: str, status: int
) -> None:
    page = pages.client.request(method, path)
    assert page.status_code == status
    assert "<h1>" in page.text
    problem = pages.client.request(method, path, headers={"accept": "*/*"})
    assert problem.status_code == status
    assert problem.headers["content-type"] == "application/problem+json"


def test_the_api_keeps_its_problems_even_for_a_browser(pages: Pages) -> None:
    answer = pages.client.get("/api/v1/none")
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unexpected_fault_shows_nothing_of_the_inside(own_pages: Pages) -> None:
    own_pages.index.documents = {"x": {}}
    answer = own_pages.client.get("/?q=x")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "KeyError" not in answer.text


def test_a_page_answers_head(pages: Pages) -> None:
    assert pages.client.head("/").status_code == 200
