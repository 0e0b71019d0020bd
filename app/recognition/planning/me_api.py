"""A person's own development over HTTP, for programs that the person allowed."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.orm import Session

from app.identity.access import Guard
from app.identity.model import Actor
from app.identity.people import service as people
from app.identity.people.me_api import PRIVATE, person_of
from app.platform import clock
from app.platform.db import Database
from app.platform.idempotency import KeyHeader, claim, fingerprint, free, keep
from app.platform.limits import RateLimits
from app.platform.problems import NotFound
from app.recognition.adoption.service import PolicyDoubtful
from app.recognition.deciding.words import find_language
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Origin
from app.recognition.ledger.service import Desk, Filter, NoPolicy
from app.recognition.ledger.wire import CycleOut
from app.recognition.planning.me_wire import (
    MyCyclesOut,
    MyDecisionOut,
    MyRegistryOut,
    MySubmissionOut,
    MySubmissionPage,
    MySubmittedManyOut,
    MySubmittedOut,
    MyWholeOut,
    PathOut,
    SubmitIn,
    whole,
)
from app.recognition.planning.outlook import outlook, plan, registrant_of
from app.recognition.register import service as register
from app.records.keeping import service as keeping

PATH_RATE = "60/hour"
"""How often a path is reckoned for one person; the pages count with it."""
Id = Annotated[str, Path(max_length=36)]
Language = Annotated[
    str | None,
    Query(max_length=35, description="Of the words; else the one that the person asked for."),
]
Cursor = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=200)]


def build_router(
    *,
    database: Database,
    guard: Guard,
    desk: Desk,
    limits: RateLimits,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """The routes below ``/api/v1/me/cycles``."""
    router = APIRouter(prefix="/api/v1/me/cycles", tags=["people"])
    read = guard.scope("cpd:read")
    _cycles(router, read, database, now)
    _path(router, read, database, limits, now)
    _submissions(router, read, database)
    _submitting(router, guard.scope("cpd:submit"), database, desk, now)
    return router


def _cycles(
    router: APIRouter,
    allowed: Callable[..., Actor],
    database: Database,
    now: Callable[[], datetime],
) -> None:
    @router.get("")
    def read_my_cycles(
        response: Response, actor: Annotated[Actor, Depends(allowed)]
    ) -> MyCyclesOut:
        """How the person stands with each registry that has confirmed who he or she is."""
        person_id, found = person_of(actor), []
        with database.read() as session:
            people.get_person(session, person_id)
            for one in register.of_person(session, person_id):
                try:
                    cycle = CycleOut.of(outlook(session, one, at=now()).view)
                except (NoPolicy, PolicyDoubtful):
                    cycle = None
                found.append(MyRegistryOut.of(one, cycle))
        response.headers.update(PRIVATE)
        return MyCyclesOut(cycles=found)


def _path(
    router: APIRouter,
    allowed: Callable[..., Actor],
    database: Database,
    limits: RateLimits,
    now: Callable[[], datetime],
) -> None:
    @router.get("/{registrant_id}/path")
    def read_my_path(
        registrant_id: Id, response: Response, actor: Annotated[Actor, Depends(allowed)]
    ) -> PathOut:
        """The fewest hours that close every gap of a cycle, and courses that would do it."""
        person_id = person_of(actor)
        limits.take("cpd-path", person_id, rate=PATH_RATE)
        with database.read() as session:
            one = registrant_of(session, person_id, registrant_id)
            found = plan(session, outlook(session, one, at=now()))
        response.headers.update(PRIVATE)
        return PathOut.of(found)


def _submissions(router: APIRouter, allowed: Callable[..., Actor], database: Database) -> None:
    @router.get("/{registrant_id}/submissions")
    def list_my_submissions(
        *,
        registrant_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(allowed)],
        language: Language = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> MySubmissionPage:
        """What the person gave to a registry, with its decisions, the newest first."""
        person_id = person_of(actor)
        with database.read() as session:
            one = registrant_of(session, person_id, registrant_id)
            words = _language(session, person_id, language)
            wanted = Filter(registrant_id=one.id)
            found = ledger.page(session, one.registry_id, wanted=wanted, cursor=cursor, limit=limit)
        response.headers.update(PRIVATE)
        return MySubmissionPage(
            submissions=[MySubmissionOut.of(each, words) for each in found.items],
            next_cursor=found.next_cursor,
        )

    @router.get("/{registrant_id}/submissions/{submission_id}")
    def read_my_submission(
        *,
        registrant_id: Id,
        submission_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(allowed)],
        language: Language = None,
    ) -> MyWholeOut:
        """One of them, with the steps of its decision in words and every decision before."""
        person_id = person_of(actor)
        with database.read() as session:
            one = registrant_of(session, person_id, registrant_id)
            words = _language(session, person_id, language)
            found = ledger.get(session, one.registry_id, submission_id)
            if found.registrant_id != one.id:
                raise NotFound("There is no such submission.")
            made = ledger.history(session, submission_id)
        response.headers.update(PRIVATE)
        return whole(found, [MyDecisionOut.of(each, words) for each in made], words)


def _submitting(
    router: APIRouter,
    allowed: Callable[..., Actor],
    database: Database,
    desk: Desk,
    now: Callable[[], datetime],
) -> None:
    @router.post("/{registrant_id}/submissions", response_model=MySubmittedManyOut)
    def submit_my_records(
        *,
        registrant_id: Id,
        request: Request,
        given: SubmitIn,
        actor: Annotated[Actor, Depends(allowed)],
        language: Language = None,
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Hand records that the person keeps to a registry, which verifies and decides at once.

        What is wrong with one record stops no other. The same record again is the same submission.
        """
        person_id = person_of(actor)

        def work() -> Response:
            with database.read() as session:
                one = registrant_of(session, person_id, registrant_id)
                words = _language(session, person_id, language)
                records = [
                    keeping.get_kept(session, person_id, each).record for each in given.records
                ]
            done = ledger.submit(
                database,
                desk,
                one.registry_id,
                one.id,
                [each.json for each in records],
                origin=Origin.ENGINEER,
                who=f"person:{person_id}",
                at=now(),
            )
            results = [
                MySubmittedOut.of(record.id, each, words)
                for record, each in zip(records, done, strict=True)
            ]
            told = MySubmittedManyOut(results=results).model_dump_json()
            return Response(told, headers=PRIVATE, media_type="application/json")

        asked = fingerprint(request.method, request.url.path, given.model_dump_json())
        return _once(database, work, key=idempotency_key, actor=actor, asked=asked, now=now)


def _once(
    database: Database,
    work: Callable[[], Response],
    *,
    key: str | None,
    actor: Actor,
    asked: str,
    now: Callable[[], datetime],
) -> Response:
    """Work of several transactions, each of which does no harm when it is done again."""
    if key is None:
        return work()
    claimed = claim(database, key, who=actor.who, request=asked, at=now())
    if isinstance(claimed, Response):
        return claimed
    done = False
    try:
        answer = work()
        with database.write() as session:
            keep(session, claimed, answer, at=now())
        done = True
        return answer
    finally:
        if not done:
            free(database, claimed)


def _language(session: Session, person_id: str, asked: str | None) -> str:
    return find_language(asked or people.get_person(session, person_id).language)
