"""Every table that holds something of a person is exported, and emptied when the account ends."""

from sqlalchemy import Table

from app.platform.db import Base
from app.web.account.holdings import HOLDINGS
from migrations import metadata


def of_people(table: Table) -> bool:
    """Whether the table names a person or somebody's address."""
    people = {key.column.table.name for key in table.foreign_keys} & {"person"}
    return bool(people) or not {"person_id", "email"}.isdisjoint(table.columns.keys())


def test_every_table_that_names_people_is_spoken_for() -> None:
    tables = [table for table in metadata().sorted_tables if of_people(table)]
    assert {"person_email", "login_session", "kept_record"} <= {table.name for table in tables}
    silent = {table.name for table in tables} - {one.table.name for one in HOLDINGS}
    assert silent == set(), "say in a Holding what an export shows of these tables"


def test_every_column_of_such_a_table_is_shown_or_left_out_on_purpose() -> None:
    for one in HOLDINGS:
        said = [*one.shown, *one.hidden]
        assert sorted(said) == sorted(one.table.columns.keys()), one.table.name


def test_no_secret_is_exported() -> None:
    for one in HOLDINGS:
        for name in one.shown:
            assert not any(word in name for word in ("hash", "secret", "challenge", "verifier"))


def test_each_holding_has_a_name_and_a_table_of_its_own() -> None:
    for names in ([one.name for one in HOLDINGS], [one.table.name for one in HOLDINGS]):
        assert len(names) == len(set(names))


def test_what_stays_is_the_history_alone() -> None:
    assert [one.table.name for one in HOLDINGS if one.stays] == ["audit"]


def test_tables_can_be_put_in_an_order() -> None:
    """``erase`` deletes by it; two tables that point to each other would break it."""
    assert len(Base.metadata.sorted_tables) == len(Base.metadata.tables)
