"""Reviews and appeals over HTTP: proposed by one, confirmed by another; filed, and answered."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.orm import Session

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.conditions import CHANGED_SINCE, entity_tag, require_match
from app.platform.idempotency import KeyHeader
from app.platform.routing import together
from app.recognition.ledger import service
from app.recognition.ledger.door import (
    DECIDE,
    MAX_BYTES,
    PATH,
    PRIVATE,
    READ,
    TAG,
    Cursor,
    Door,
    IfMatch,
    Limit,
    created,
)
from app.recognition.ledger.model import Appeal, AppealState, Review, ReviewState
from app.recognition.ledger.taking import AnsweredIn, FiledIn, ProposedIn, SettleIn
from app.recognition.ledger.wire import AppealOut, AppealPage, ReviewOut, ReviewPage

Id = Annotated[str, Path(max_length=64)]


def build_router(door: Door, *, appeal_days: int) -> APIRouter:
    """The routes of what people decide."""
    return together(
        _proposing(door),
        _settling(door),
        _appealing(door, appeal_days),
        _answering(door),
    )


def _proposing(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post(
        "/submissions/{submission_id}/reviews",
        status_code=201,
        max_body_size=2 * MAX_BYTES,
        response_model=ReviewOut,
    )
    def propose_verdict(
        *,
        organisation_id: OrganisationId,
        submission_id: Id,
        request: Request,
        given: ProposedIn,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Propose what is decided on a submission in review; somebody else confirms it."""
        door.own(actor, DECIDE, organisation_id)

        def work(session: Session) -> Response:
            made = service.review(
                session,
                organisation_id,
                submission_id,
                given.verdict(),
                note=given.note,
                who=actor.who,
                at=door.now(),
            )
            return created(ReviewOut.of(made), tag=review_tag(made))

        return door.create(request, actor, given, work, key=idempotency_key)

    @router.get("/reviews")
    def list_reviews(
        *,
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        state: Annotated[ReviewState | None, Query()] = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> ReviewPage:
        """Proposed and settled verdicts, the newest first."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            found = service.review_page(
                session, organisation_id, state=state, cursor=cursor, limit=limit
            )
        return ReviewPage(
            reviews=list(map(ReviewOut.of, found.items)), next_cursor=found.next_cursor
        )

    return router


def _settling(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/reviews/{review_id}")
    def read_review(
        organisation_id: OrganisationId,
        review_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> ReviewOut:
        """One verdict; the answer's ETag is what `If-Match` wants."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            found = service.get_review(session, organisation_id, review_id)
        response.headers.update(PRIVATE | {"ETag": review_tag(found)})
        return ReviewOut.of(found)

    @router.post("/reviews/{review_id}/settle", max_body_size=MAX_BYTES, responses=CHANGED_SINCE)
    def settle_review(
        *,
        organisation_id: OrganisationId,
        review_id: Id,
        given: SettleIn,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        if_match: IfMatch = None,
    ) -> ReviewOut:
        """Confirm a verdict, as a second person, or send it back with a reason."""
        door.own(actor, DECIDE, organisation_id)
        with door.database.write() as session:
            seen = service.get_review(session, organisation_id, review_id)
            require_match(if_match, review_tag(seen))
            made = service.confirm(
                session,
                organisation_id,
                review_id,
                agree=given.agree,
                note=given.note,
                who=actor.who,
                at=door.now(),
            )
        response.headers.update(PRIVATE | {"ETag": review_tag(made)})
        return ReviewOut.of(made)

    return router


def _appealing(door: Door, appeal_days: int) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post(
        "/submissions/{submission_id}/appeals",
        status_code=201,
        max_body_size=MAX_BYTES,
        response_model=AppealOut,
    )
    def file_appeal(
        *,
        organisation_id: OrganisationId,
        submission_id: Id,
        request: Request,
        given: FiledIn,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Appeal in the registrant's stead; engineers do it on their own pages."""
        door.own(actor, DECIDE, organisation_id)

        def work(session: Session) -> Response:
            made = service.appeal(
                session,
                organisation_id,
                submission_id,
                given.text,
                kind=given.kind,
                in_stead=True,
                who=actor.who,
                at=door.now(),
                days=appeal_days,
            )
            return created(AppealOut.of(made), tag=appeal_tag(made))

        return door.create(request, actor, given, work, key=idempotency_key)

    @router.get("/appeals")
    def list_appeals(
        *,
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        state: Annotated[AppealState | None, Query()] = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> AppealPage:
        """Appeals and their answers, the newest first."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            found = service.appeal_page(
                session, organisation_id, state=state, cursor=cursor, limit=limit
            )
        return AppealPage(
            appeals=list(map(AppealOut.of, found.items)), next_cursor=found.next_cursor
        )

    return router


def _answering(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/appeals/{appeal_id}")
    def read_appeal(
        organisation_id: OrganisationId,
        appeal_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> AppealOut:
        """One appeal; the answer's ETag is what `If-Match` wants."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            found = service.get_appeal(session, organisation_id, appeal_id)
        response.headers.update(PRIVATE | {"ETag": appeal_tag(found)})
        return AppealOut.of(found)

    @router.post(
        "/appeals/{appeal_id}/answer", max_body_size=2 * MAX_BYTES, responses=CHANGED_SINCE
    )
    def answer_appeal(
        *,
        organisation_id: OrganisationId,
        appeal_id: Id,
        given: AnsweredIn,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        if_match: IfMatch = None,
    ) -> AppealOut:
        """Uphold an appeal, with what is decided instead, or dismiss it; with the reason.

        By a person who had no part in the decision and is not the registrant.
        """
        door.own(actor, DECIDE, organisation_id)
        with door.database.write() as session:
            seen = service.get_appeal(session, organisation_id, appeal_id)
            require_match(if_match, appeal_tag(seen))
            made = service.answer(
                session,
                organisation_id,
                appeal_id,
                upheld=given.upheld,
                reason=given.reason,
                verdict=given.verdict.verdict() if given.verdict else None,
                who=actor.who,
                at=door.now(),
            )
        response.headers.update(PRIVATE | {"ETag": appeal_tag(made)})
        return AppealOut.of(made)

    return router


def review_tag(one: Review) -> str:
    """The entity tag of a review as it stands."""
    return entity_tag([one.id, one.state.value])


def appeal_tag(one: Appeal) -> str:
    """The entity tag of an appeal as it stands."""
    return entity_tag([one.id, one.state.value])
