"""Several at once: of those who claim one thing, one gets it, and the others are told."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy.orm import Session

from app.identity.people import registrations
from app.identity.people import service as people
from app.identity.people.model import NewRegistration
from app.platform.db import Database
from app.platform.problems import DomainError
from app.recognition.adoption import service as adoption
from app.recognition.register import service
from app.trust.statements import Statements
from tests.conftest import NOW
from tests.simulator.registries import (
    HOLDER,
    WHO,
    add_registrant,
    add_registry,
    member,
    policy_text,
)
from tests.simulator.signing import MemorySigner

MANY = 8


def at_once(
    database: Database, tasks: Sequence[Callable[[Session], object]]
) -> tuple[list[object], list[str]]:
    """What the tasks gave and the codes of those that were refused."""
    ready = Barrier(len(tasks))

    def run(task: Callable[[Session], object]) -> object:
        ready.wait()
        try:
            with database.write() as session:
                return task(session)
        except DomainError as error:
            return error

    with ThreadPoolExecutor(len(tasks)) as pool:
        done = list(pool.map(run, tasks))
    refused = [one.code for one in done if isinstance(one, DomainError)]
    return [one for one in done if not isinstance(one, DomainError)], refused


def test_one_number_is_entered_once(module_database: Database) -> None:
    with module_database.write() as session:
        add_registry(session, "numbers")
    task = lambda session: add_registrant(session, "numbers", "4711")  # noqa: E731
    made, refused = at_once(module_database, [task] * MANY)
    assert (len(made), refused) == (1, ["number-taken"] * (MANY - 1))


def test_one_holder_is_bound_to_one_registrant(module_database: Database) -> None:
    with module_database.write() as session:
        add_registry(session, "holders")
        people_there = [add_registrant(session, "holders", str(n)) for n in range(MANY)]
    tasks = [
        lambda session, one=one: service.bind_holder(
            session, one, HOLDER.format(1), at=NOW, who=WHO
        )
        for one in people_there
    ]
    made, refused = at_once(module_database, tasks)
    assert (len(made), refused) == (1, ["holder-taken"] * (MANY - 1))


def test_one_registrant_is_confirmed_to_be_one_person(module_database: Database) -> None:
    with module_database.write() as session:
        add_registry(session, "persons")
        add_registrant(session, "persons", "4711")
        stated = []
        for number in range(MANY):
            person = people.person_of_email(session, f"p{number}@persons.example", at=NOW).id
            new = NewRegistration("persons", "4711")
            stated.append(registrations.add(session, person, new, at=NOW).id)
    tasks = [
        lambda session, one=one: service.confirm(session, "persons", one, at=NOW, who=WHO)
        for one in stated
    ]
    made, refused = at_once(module_database, tasks)
    assert (len(made), refused) == (1, ["registrant-linked"] * (MANY - 1))


def test_one_draft_is_adopted_once_and_not_as_somebody_changes_it(
    module_database: Database,
) -> None:
    statements = Statements(MemorySigner(), public_url="https://node.example")
    with module_database.write() as session:
        add_registry(session, "policies")
        author = member(session, "policies", "author@policies.example")
        second = member(session, "policies", "second@policies.example")
        draft = adoption.draft(session, author, policy_text("policies"), at=NOW)
    seen = adoption.tag(draft)

    def adopt(session: Session) -> object:
        return adoption.adopt(session, statements, second, draft.id, at=NOW, seen=seen)

    def change(session: Session) -> object:
        text = policy_text("policies", credit="9")
        return adoption.change(session, author, draft.id, text, at=NOW, seen=seen)

    made, refused = at_once(module_database, [adopt, change] * (MANY // 2))
    with module_database.read() as session:
        (left,) = adoption.versions(session, "policies")
        in_force = adoption.in_force(session, "policies", on=NOW.date())
    assert len(made) == 1
    assert set(refused) == {"precondition-failed"}
    assert [one.hash for one in in_force] == ([left.hash] if left.adopted_at else [])
