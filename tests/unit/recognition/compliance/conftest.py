"""One node for all tests of a module; each makes a registry of its own on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from app.platform.db import Database
from app.recognition.compliance import issuing, keeping, lists
from app.recognition.compliance.lists import Desk
from app.recognition.compliance.model import Forms, NewRequest, Statement
from app.recognition.register.service import Registrant
from app.records import status
from app.trust import service as trust
from app.verification import Report
from app.verification.verify import verify
from tests.conftest import own_database
from tests.simulator.ledgers import PUBLIC_URL, Ledgers, Registry

WHO = "person:registrar"


@dataclass
class Office:
    """A registry that states who kept up."""

    registry: Registry

    @property
    def desk(self) -> Desk:
        return Desk(self.registry.node.statements, PUBLIC_URL)

    def met(self, registrant: Registrant, *, year: int = 2026) -> None:
        """Let everything that the policy asks for be submitted: ten formal, ten informal hours."""
        day = date(year, 6, 1)
        self.registry.counted(registrant, minutes=600, on=day, tags=("ethics",))
        self.registry.counted(registrant, minutes=600, on=day, kind="conference")

    def issue(self, registrant: Registrant, **new: Any) -> Statement:
        with self.registry.database.write() as session:
            return issuing.issue(
                session, self.desk, self.registry.id, registrant.id, NewRequest(**new),
                at=self.registry.node.now, who=WHO,
            )  # fmt: skip

    def forms(self, one: Statement) -> Forms:
        with self.registry.database.read() as session:
            return issuing.forms(session, self.registry.id, one.id)

    def get(self, one: Statement) -> Statement:
        with self.registry.database.read() as session:
            return issuing.get(session, self.registry.id, one.id)

    def withdraw(self, one: Statement, why: str = "A mistake.") -> Statement:
        with self.registry.database.write() as session:
            return issuing.withdraw(
                session, self.desk, self.registry.id, one.id, why=why,
                at=self.registry.node.now, who=WHO,
            )  # fmt: skip

    def keep(self) -> int:
        return keeping.keep_true(self.registry.database, self.desk, at=self.registry.node.now)

    def renew(self) -> int:
        return lists.publish_due(self.registry.database, self.desk, at=self.registry.node.now)

    def verified(self, form: bytes) -> Report:
        """As anybody with this node's trust bundle finds it."""
        at = self.registry.node.now
        with self.registry.database.read() as session:
            bundle = trust.bundle(session, at=at)
        return verify(form, bundle=bundle, at=at)


@pytest.fixture(scope="module")
def ledgers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledgers]:
    with own_database(request, tmp_path_factory.mktemp("compliance")) as url:
        database = Database.open(url)
        yield Ledgers(database)
        database.close()


@pytest.fixture
def office(ledgers: Ledgers) -> Office:
    # Tests turn the clock on, never back; the society's lists are renewed as the worker would.
    status.publish_all(ledgers.database, ledgers.signer, at=ledgers.now)
    made = ledgers.registry()
    made.adopt()
    return Office(made)
