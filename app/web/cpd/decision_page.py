"""One submission: what it counted for, by which line and why, and what to do about it."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.platform.problems import DomainError, NotFound
from app.recognition.adoption import service as adoption
from app.recognition.adoption.service import PolicyDoubtful
from app.recognition.deciding.model import Decision
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import AppealKind
from app.recognition.planning import evidence
from app.recognition.policies.model import Policy, Rule
from app.recognition.register.service import Registrant
from app.web.cpd.cycle_page import CYCLE, RegistrantId
from app.web.cpd.frame import Study, mine, registry_name
from app.web.room import MAX_FORM_BYTES

SubmissionId = Annotated[str, Path(max_length=36)]
PLACE = CYCLE + "/submissions/{submission_id}"
LONGEST = 4000


def build_router(study: Study) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    person = Depends(study.room.guard.person)
    _reading(router, study, person)
    _appealing(router, study, person)
    return router


def _reading(router: APIRouter, study: Study, person: Any) -> None:
    @router.api_route(PLACE, methods=["GET", "HEAD"])
    def decision(
        request: Request,
        registrant_id: RegistrantId,
        submission_id: SubmissionId,
        visitor: Annotated[Visitor, person],
    ) -> Response:
        return _page(request, study, visitor, registrant_id, submission_id)


def _appealing(router: APIRouter, study: Study, person: Any) -> None:
    def done(
        request: Request,
        visitor: Visitor,
        registrant_id: str,
        submission_id: str,
        act: Callable[[Session, Registrant], object],
        *,
        text: str = "",
    ) -> Response:
        try:
            with study.room.database.write() as session:
                act(session, mine(session, visitor, registrant_id))
        except NotFound:
            raise
        except DomainError as error:
            return _page(
                request, study, visitor, registrant_id, submission_id, trouble=error, text=text
            )
        return _back(registrant_id, submission_id)

    @router.post(PLACE + "/appeal", max_body_size=MAX_FORM_BYTES)
    def appeal(
        *,
        request: Request,
        registrant_id: RegistrantId,
        submission_id: SubmissionId,
        visitor: Annotated[Visitor, person],
        text: Annotated[str, Form(max_length=LONGEST)] = "",
        kind: Annotated[Literal["appeal", "human_look"], Form()] = "appeal",
    ) -> Response:
        def act(session: Session, registrant: Registrant) -> None:
            asked, who = AppealKind(kind), f"person:{visitor.person_id}"
            registry_id, at = registrant.registry_id, study.room.now()
            ledger.appeal(session, registry_id, submission_id, text, kind=asked, who=who, at=at)

        return done(request, visitor, registrant_id, submission_id, act, text=text)

    @router.post(PLACE + "/appeal/withdraw", max_body_size=MAX_FORM_BYTES)
    def withdraw(
        request: Request,
        registrant_id: RegistrantId,
        submission_id: SubmissionId,
        visitor: Annotated[Visitor, person],
    ) -> Response:
        def act(session: Session, registrant: Registrant) -> None:
            found = ledger.open_appeal(session, submission_id)
            if found is None or found.registry_id != registrant.registry_id:
                raise NotFound("There is no open appeal.")
            who = f"person:{visitor.person_id}"
            ledger.withdraw_appeal(
                session, registrant.registry_id, found.id, who=who, at=study.room.now()
            )

        return done(request, visitor, registrant_id, submission_id, act)


def _back(registrant_id: str, submission_id: str) -> Response:
    place = PLACE.format(registrant_id=registrant_id, submission_id=submission_id)
    return RedirectResponse(f"{place}#appeal", 303)


def _page(
    request: Request,
    study: Study,
    visitor: Visitor,
    registrant_id: str,
    submission_id: str,
    *,
    trouble: DomainError | None = None,
    text: str = "",
) -> Response:
    at = study.room.now()
    with study.room.database.read() as session:
        registrant = mine(session, visitor, registrant_id)
        one = ledger.get(session, registrant.registry_id, submission_id)
        if one.registrant_id != registrant.id:
            raise NotFound("There is no such submission.")
        made = ledger.history(session, submission_id)
        policy = _policy(session, registrant.registry_id, one.decision.decision)
        values: dict[str, Any] = {
            "say": study.saying(session, visitor),
            "registrant": registrant,
            "registry": registry_name(session, registrant.registry_id),
            "one": one,
            "policy": policy,
            "rule": _rule(policy, one.decision.decision),
            "history": made[::-1],
            "appeals": ledger.appeals_of(session, submission_id),
            "open": ledger.open_appeal(session, submission_id),
            "may_appeal": ledger.appealable(one, at=at),
            "may_ask": ledger.looks_automatic(one),
            "appeal_days": ledger.APPEAL_DAYS,
            "files": evidence.given(session, registrant.registry_id, submission_id),
            "text": text,
            "longest": LONGEST,
            "place": PLACE.format(registrant_id=registrant_id, submission_id=submission_id),
            "cycle": CYCLE.format(registrant_id=registrant_id),
        }
    return study.page(request, "cpd_decision.html", values, trouble=trouble)


def _policy(session: Session, registry_id: str, decision: Decision) -> Policy | None:
    """The version that decided; none where nothing was in force."""
    if not decision.policy_id:
        return None
    try:
        return adoption.get_policy(
            session, registry_id, decision.policy_id, decision.policy_version
        )
    except (NotFound, PolicyDoubtful):
        return None


def _rule(policy: Policy | None, decision: Decision) -> Rule | None:
    rules = policy.rules if policy else ()
    return next((one for one in rules if one.id == decision.rule), None)
