"""A node with a society, and a partner node with societies of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.platform.db import Database
from app.trust import publishing, service
from app.trust.model import Issuer
from tests.simulator.signing import MemorySigner

NODE = "https://node.example"
PARTNER = "https://partner.example"


@dataclass
class TrustNode:
    """A database with a node's own identity, and a clock that the test turns."""

    database: Database
    public_url: str
    now: datetime
    signer: MemorySigner = field(default_factory=MemorySigner)

    def __post_init__(self) -> None:
        with self.database.write() as session:
            self.id = service.add_node_issuer(
                session, self.signer, name="The node", public_url=self.public_url, at=self.now
            ).id

    def add(self, society_id: str) -> Issuer:
        with self.database.write() as session:
            return service.add_issuer(
                session,
                self.signer,
                society_id=society_id,
                name=f"Society {society_id}",
                url=None,
                public_url=self.public_url,
                at=self.now,
            )

    def export(self, *, after: timedelta = timedelta(seconds=1)) -> bytes:
        self.now += after
        with self.database.write() as session:
            return publishing.export_bundle(session, self.signer, at=self.now).body


@pytest.fixture
def node(database: Database, now: datetime) -> TrustNode:
    """This node, with the society cse."""
    made = TrustNode(database, NODE, now)
    made.add("cse")
    return made


@pytest.fixture
def partner(sqlite_template: Path, tmp_path: Path, now: datetime) -> Iterator[TrustNode]:
    """Another node, with the society pec."""
    path = tmp_path / "partner.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database.open(f"sqlite:///{path}")
    made = TrustNode(database, PARTNER, now)
    made.add("pec")
    yield made
    database.close()
