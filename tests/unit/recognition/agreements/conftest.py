"""Two nodes that know each other, for all tests of a module: pec on one, ebk on the other.

Each test has societies of its own, cse and kse, so what another test agreed on is not in its way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from app.platform.db import Database
from app.recognition.agreements.model import Standing
from app.recognition.agreements.writing import NewAgreement
from tests.conftest import NOW, own_database
from tests.simulator.parties import PartyNode, between

_numbers = count(1)


@dataclass
class Both:
    """The two sides."""

    pec: PartyNode
    ebk: PartyNode
    cse: str = ""
    kse: str = ""

    def begin(self) -> "Both":
        """The same nodes with societies that no other test has."""
        number = next(_numbers)
        self.pec.now = self.ebk.now = NOW
        made = Both(self.pec, self.ebk)
        made.cse = self.pec.add_society(f"cse-{number}")
        made.kse = self.ebk.add_society(f"kse-{number}")
        self.pec.learn(self.ebk)
        self.ebk.learn(self.pec)
        return made

    def new(self, **changed: Any) -> NewAgreement:
        """What pec drafts."""
        issuers = {"pec": (self.cse,), "ebk": (self.kse,)}
        return between(self.pec, self.ebk, issuers=issuers, **changed)

    def offered(self, **changed: Any) -> Standing:
        """Drafted and signed by pec."""
        return self.pec.sign(self.pec.draft(self.new(**changed)))

    def agreed(self, **changed: Any) -> tuple[Standing, Standing]:
        """Signed by both, and known to both: as pec has it, and as ebk."""
        theirs = self.ebk.sign(self.ebk.receive(self.pec.file(self.offered(**changed))))
        return self.pec.receive(self.ebk.file(theirs)), theirs

    def third(self) -> str:
        """One more registry on the node of pec."""
        name = f"third-{next(_numbers)}"
        with self.pec.database.write() as session:
            self.pec.add_registry(session, name)
        return name


@pytest.fixture(scope="module")
def nodes(
    request: pytest.FixtureRequest,
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("agreements")
    with own_database(request, folder) as url:
        yield from _two(Database.open(url), folder / "partner.sqlite3", sqlite_template)


@pytest.fixture
def both(nodes: Both) -> Both:
    return nodes.begin()


@pytest.fixture
def fresh(database: Database, sqlite_template: Path, tmp_path: Path) -> Iterator[Both]:
    """Two nodes of one test alone, whose keys it may spoil."""
    for made in _two(database, tmp_path / "partner.sqlite3", sqlite_template):
        yield made.begin()


def _two(database: Database, path: Path, template: Path) -> Iterator[Both]:
    path.write_bytes(template.read_bytes())
    partner = Database.open(f"sqlite:///{path}")
    yield Both(
        PartyNode(database, "https://node.example", "pec", NOW),
        PartyNode(partner, "https://partner.example", "ebk", NOW),
    )
    partner.close()
    database.close()
