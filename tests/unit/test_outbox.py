from datetime import datetime

from sqlalchemy import event

from app.platform import outbox
from app.platform.db import Database

CHANGED, FOLLOWED = "thing.changed", "follower:thing.changed"


def keys(database: Database, topic: str, now: datetime) -> list[str]:
    with database.read() as session:
        return [entry.key for entry in outbox.due(session, topic, at=now, limit=100)]


def test_without_a_follower_a_topic_has_one_entry_a_key(database: Database, now: datetime) -> None:
    with database.write() as session:
        outbox.publish(session, CHANGED, ["a", "b"], at=now)
        outbox.announce(session, "thing.seen", ["a"], at=now)
    assert keys(database, CHANGED, now) == ["a", "b"]
    assert keys(database, "thing.seen", now) == []


def test_a_follower_hears_of_what_follows_and_takes_nothing_from_the_consumer(
    database: Database, now: datetime
) -> None:
    with database.write() as session:
        outbox.publish(session, CHANGED, ["before"], at=now)
        outbox.follow(session, CHANGED, FOLLOWED)
        outbox.follow(session, CHANGED, FOLLOWED)
    with database.write() as session:
        outbox.publish(session, CHANGED, ["a", "b"], at=now)
        outbox.announce(session, CHANGED, ["c"], at=now)
    assert keys(database, CHANGED, now) == ["before", "a", "b"]
    assert keys(database, FOLLOWED, now) == ["a", "b", "c"]
    with database.write() as session:
        entries = outbox.due(session, FOLLOWED, at=now, limit=100)
        outbox.done(session, [entry.id for entry in entries])
    assert keys(database, CHANGED, now) == ["before", "a", "b"]
    assert [entry.created_at for entry in entries] == [now] * 3


def test_who_follows_no_more_leaves_nothing_behind(database: Database, now: datetime) -> None:
    with database.write() as session:
        outbox.follow(session, CHANGED, FOLLOWED)
    with database.write() as session:
        outbox.publish(session, CHANGED, ["a"], at=now)
        outbox.unfollow(session, CHANGED, FOLLOWED)
    with database.write() as session:
        assert outbox.followed(session) == {}
        outbox.publish(session, CHANGED, ["b"], at=now)
    assert keys(database, FOLLOWED, now) == []
    assert keys(database, CHANGED, now) == ["a", "b"]


def test_followers_are_looked_up_once_a_transaction(database: Database, now: datetime) -> None:
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "outbox_follower" in statement:
            asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    with database.write() as session:
        for number in range(20):
            outbox.publish(session, CHANGED, [str(number)], at=now)
            outbox.announce(session, "thing.seen", [str(number)], at=now)
    assert len(asked) == 1
