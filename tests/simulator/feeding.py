"""What the requests of the route matrix about feeds are about: sources, runs, items."""

from sqlalchemy import update

from app.harvest import service as harvest
from app.harvest.model import Mode, NewSource, RunState
from app.harvest.store import remote_hash
from app.harvest.tables import RawItemRow, RunRow
from tests.simulator.scene import OWN, Scene

FEED = "https://feeds.example/courses.csv"


def source(scene: Scene) -> str:
    """A source of the own society, which no worker runs here."""
    node = scene.house.node
    new = NewSource(OWN, "table", {"url": FEED}, id=f"list-{scene.number()}", every_hours=None)
    with node.database.write() as session:
        return harvest.add_source(session, new, registry=node.registry, at=scene.house.now).id


def run(scene: Scene, *, state: RunState = RunState.QUEUED) -> tuple[str, str]:
    """A source and a run of it that stands there."""
    source_id, at = source(scene), scene.house.now
    with scene.house.node.database.write() as session:
        made = harvest.enqueue(session, source_id, mode=Mode.HARVEST, asked_by="system:test", at=at)
        session.execute(update(RunRow).where(RunRow.id == made.id).values(state=state))
    return source_id, made.id


def item(scene: Scene) -> tuple[str, str]:
    """A source and the key of a raw item of it."""
    source_id, run_id = run(scene)
    key = remote_hash("A")
    with scene.house.node.database.write() as session:
        session.add(
            RawItemRow(
                source_id=source_id, remote_hash=key, remote_id="A", raw='{"title": "A"}',
                sha256="0" * 64, state="rejected", outcome="rejected", first_run_id=run_id,
                seen_run_id=run_id, seen_pass=1, changed_at=scene.house.now,
            )
        )  # fmt: skip
    return source_id, key
