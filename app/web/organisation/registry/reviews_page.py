"""What waits for a person: proposals that a second person settles, and appeals."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.audit.naming import names_of
from app.identity.model import Actor
from app.recognition.deciding.model import Outcome
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import AppealState, ReviewState, Submission
from app.web.organisation.registry.bureau import ON_A_PAGE, READ, Asked, Bureau, Cursor


@dataclass(frozen=True, slots=True)
class _Entry:
    """A proposal or an appeal, and the record it is about."""

    about: Any
    submission: Submission


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix="/organisations/{organisation_id}")
    room = bureau.room
    reader = Depends(room.guard.member(READ))

    @router.api_route("/reviews", methods=["GET", "HEAD"])
    def reviews(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        state: Asked = ReviewState.PROPOSED.value,
        cursor: Cursor = "",
    ) -> Response:
        wanted = ReviewState(state) if state in set(ReviewState) else None
        with room.database.read() as session:
            frame = bureau.frame(session, actor, "reviews")
            found = ledger.review_page(
                session, organisation_id, state=wanted, cursor=cursor or None, limit=ON_A_PAGE
            )
            values = {
                **frame,
                "entries": _about(session, organisation_id, found.items),
                "names": names_of(
                    session, organisation_id, {one.proposed_by for one in found.items}
                ),
                "states": list(ReviewState),
                "state": wanted.value if wanted else "",
                "undecided": ledger.counts(session, organisation_id).get(Outcome.REVIEW, 0),
                "me": actor.who,
                "next_cursor": found.next_cursor,
                "cursor": cursor,
            }
        return bureau.page(request, "registry_reviews.html", values)

    @router.api_route("/appeals", methods=["GET", "HEAD"])
    def appeals(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        state: Asked = AppealState.OPEN.value,
        cursor: Cursor = "",
    ) -> Response:
        wanted = AppealState(state) if state in set(AppealState) else None
        with room.database.read() as session:
            frame = bureau.frame(session, actor, "appeals")
            found = ledger.appeal_page(
                session, organisation_id, state=wanted, cursor=cursor or None, limit=ON_A_PAGE
            )
            values = {
                **frame,
                "entries": _about(session, organisation_id, found.items),
                "states": list(AppealState),
                "state": wanted.value if wanted else "",
                "next_cursor": found.next_cursor,
                "cursor": cursor,
            }
        return bureau.page(request, "registry_appeals.html", values)

    return router


def _about(session: Session, registry_id: str, found: Any) -> list[_Entry]:
    return [_Entry(one, ledger.get(session, registry_id, one.submission_id)) for one in found]
