"""What is recognised between whom, for anybody: the registries, and the agreements between them.

Beside each agreement stand its scope, its days, the rules of its annexes in words, what is known of
its signatures now, and the signed file, which anybody can check with software of his own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.recognition.agreements import exchanging, listing
from app.recognition.agreements.api import PUBLIC, as_file
from app.recognition.agreements.desk import Desk, Which
from app.recognition.agreements.model import Party, Standing
from app.recognition.offering import bodies
from app.recognition.policies.model import Policy
from app.trust.statements import Statements
from app.verification import Bundle
from app.web.counting.policy_words import Line, PolicyWords
from app.web.room import Room

PAGE = 20
AgreementId = Annotated[str, Path(max_length=36, pattern="^[0-9a-f-]{36}$")]
Version = Annotated[int, Path(ge=1, le=1000)]
Known = Callable[[Session, datetime], Bundle]


@dataclass(frozen=True, slots=True)
class Side:
    """What one party takes, to be shown."""

    party: Party
    other: Party
    conditions: Sequence[str]
    lines: Sequence[Line]
    caps: Sequence[str]
    known: bool
    """Whether the text of the annexed policy is here."""


def sides(session: Session, one: Standing, room: Room) -> list[Side]:
    """Both parties, with the rules that they take each other's records by."""
    words = PolicyWords(room.site.locale, room.site.translations)
    found = []
    for party in one.agreement.parties:
        policy = listing.annexed(session, one, party.id)
        found.append(_side(party, one.agreement.other(party.id), policy, words))
    return found


def _side(party: Party, other: Party, policy: Policy | None, words: PolicyWords) -> Side:
    if policy is None:
        return Side(party, other, (), (), (), known=False)
    caps = [words.cap(cap, policy) for cap in policy.caps]
    return Side(party, other, words.conditions(policy), words.lines(policy), caps, known=True)


def build_router(room: Room, bundle: Known, statements: Statements) -> APIRouter:
    """``bundle`` gives what signatures are checked against."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(room.guard.public)])
    desk = Desk(statements, bundle)

    @router.api_route("/recognition", methods=["GET", "HEAD"])
    def recognition(
        request: Request, cursor: Annotated[str | None, Query(max_length=200)] = None
    ) -> Response:
        at = room.now()
        with room.database.read() as session:
            found = listing.public(session, desk, cursor=cursor, limit=PAGE, at=at)
            shown = [(one, sides(session, one, room)) for one in found.items]
            values: Mapping[str, object] = {
                "agreements": shown,
                "next_cursor": found.next_cursor,
                "cursor": cursor,
                "registries": bodies.registries(session),
                "examples": bodies.examples(),
            }
        return room.site.render(request, "recognition.html", values=values)

    @router.api_route(
        "/recognition/agreements/{agreement_id}/{version}.json", methods=["GET", "HEAD"]
    )
    def file(agreement_id: AgreementId, version: Version) -> Response:
        with room.database.read() as session:
            which = Which(agreement_id, version)
            one = listing.public_one(session, desk, which, at=room.now())
            data = exchanging.file_of(session, one)
        return as_file(data, one, PUBLIC)

    return router
