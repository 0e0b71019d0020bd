"""How the rightful program, or the person who may, asks each guarded route about feeds."""

from collections.abc import Callable, Mapping
from typing import Any

from app.harvest.model import RunState
from tests.simulator import feeding
from tests.simulator.scene import Ask, Scene

Asking = Callable[[Scene], Ask]
SOURCES = "/api/v1/societies/{society_id}/sources"
SOURCE = SOURCES + "/{source_id}"
RUN = SOURCE + "/runs/{run_id}"
CONFIG = {"url": feeding.FEED}


def _source(**more: Any) -> Asking:
    return lambda scene: Ask(path={"source_id": feeding.source(scene)}, **more)


def _run(state: RunState, **more: Any) -> Asking:
    def ask(scene: Scene) -> Ask:
        source_id, run_id = feeding.run(scene, state=state)
        return Ask(path={"source_id": source_id, "run_id": run_id}, **more)

    return ask


PAGES = "/organisations/{organisation_id}/sources"
PAGE = PAGES + "/{source_id}"
RUN_PAGE = PAGE + "/runs/{run_id}"


def _what(name: str, form: Mapping[str, str]) -> Asking:
    return lambda scene: Ask(path={"source_id": feeding.source(scene), "what": name}, form=form)


def _run_page(what: str, state: RunState) -> Asking:
    def ask(scene: Scene) -> Ask:
        source_id, run_id = feeding.run(scene, state=state)
        return Ask(path={"source_id": source_id, "run_id": run_id, "what": what})

    return ask


def _item(scene: Scene) -> Ask:
    source_id, key = feeding.item(scene)
    return Ask(path={"source_id": source_id, "key": key})


OF_FEEDS: dict[tuple[str, str], Asking] = {
    ("GET", SOURCES): lambda _: Ask(),
    ("POST", SOURCES): lambda _: Ask(json={"connector": "table", "config": CONFIG}),
    ("GET", SOURCE): _source(),
    ("PUT", SOURCE): _source(json={"name": "Ours", "config": CONFIG, "every_hours": None}),
    ("DELETE", SOURCE): _source(),
    ("POST", SOURCE + ":pause"): _source(),
    ("POST", SOURCE + ":resume"): _source(),
    ("GET", SOURCE + "/issues"): _source(),
    ("GET", SOURCE + "/runs"): _source(),
    ("POST", SOURCE + "/runs"): _source(json={"mode": "full"}),
    ("GET", RUN): _run(RunState.QUEUED),
    ("POST", RUN + ":cancel"): _run(RunState.QUEUED),
    ("POST", RUN + ":release"): _run(RunState.HELD),
    ("POST", RUN + ":refuse"): _run(RunState.HELD),
}

FEED_PAGES: dict[tuple[str, str], Asking] = {
    ("GET", PAGES): lambda _: Ask(),
    ("GET", PAGES + "/new"): lambda _: Ask(params={"connector": "table"}),
    ("POST", PAGES): lambda _: Ask(form={"connector": "table", "config.url": feeding.FEED}),
    ("GET", PAGE): _source(),
    ("GET", PAGE + "/findings.{ending}"): lambda scene: Ask(
        path={"source_id": feeding.source(scene), "ending": "csv"}
    ),
    ("POST", PAGE + "/change"): _source(form={"name": "Ours", "config.url": feeding.FEED}),
    ("POST", PAGE + "/reports"): _source(form={"wanted": "never"}),
    ("POST", PAGE + "/{what}"): _what("run", {"mode": "full"}),
    ("GET", RUN_PAGE): _run_page("", RunState.QUEUED),
    ("POST", RUN_PAGE + "/{what}"): _run_page("release", RunState.HELD),
    ("GET", PAGE + "/items/{key}"): _item,
    ("GET", "/node/sources"): lambda _: Ask(),
}
