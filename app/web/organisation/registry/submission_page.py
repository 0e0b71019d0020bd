"""One record that came in: its verification and the decision side by side, and what can be done.

Nobody decides alone: one person proposes, a second confirms (``ledger.reviewing``); who had a part
in a decision does not answer the appeal against it (``ledger.appealing``).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity import audit
from app.identity.access import OrganisationId
from app.identity.audit.naming import names_of
from app.identity.model import Actor
from app.platform.problems import DomainError, Invalid, NotFound
from app.platform.threads import run_costly
from app.recognition.adoption import service as adoption
from app.recognition.adoption.model import PolicyVersion
from app.recognition.adoption.service import PolicyDoubtful
from app.recognition.deciding.model import Decision
from app.recognition.deciding.stored import decision_as_json, facts_as_json
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import ReviewState
from app.recognition.planning import evidence
from app.recognition.policies.model import Policy
from app.recognition.register import service as register
from app.verification.model import Check, Outcome
from app.web.organisation.registry import verdicts
from app.web.organisation.registry.bureau import DECIDE, READ, Bureau, Id, back
from app.web.room import MAX_FORM_BYTES, PRIVATE

_DONE = frozenset({"proposed", "confirmed", "sent_back", "answered"})
_Told = Annotated[str, Query(max_length=40)]


@dataclass(frozen=True, slots=True)
class Told:
    """A verification as it was kept, in the shape that ``_checks.html`` shows."""

    at: datetime
    bundle_version: int
    checks: Sequence[Check]


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the routes share."""

    bureau: Bureau

    def show(
        self,
        request: Request,
        actor: Actor,
        submission_id: str,
        *,
        told: str = "",
        given: Mapping[str, str] | None = None,
        trouble: DomainError | None = None,
    ) -> Response:
        with self.bureau.room.database.read() as session:
            frame = self.bureau.frame(session, actor, "inbox")
            values = {**frame, **_everything(session, actor, submission_id)}
        values |= {"told": told if told in _DONE else "", "given": given or {}}
        return self.bureau.page(request, "registry_submission.html", values, trouble=trouble)

    def propose(self, actor: Actor, submission_id: str, form: Any) -> None:
        with self.bureau.room.database.write() as session:
            ledger.review(
                session,
                actor.organisation_id,
                submission_id,
                verdicts.verdict(form),
                note=verdicts.texts(form).get("note", ""),
                who=actor.who,
                at=self.bureau.room.now(),
            )

    def settle(self, actor: Actor, submission_id: str, review_id: str, form: Any) -> str:
        texts = verdicts.texts(form)
        agree = texts.get("agree") == "yes"
        with self.bureau.room.database.write() as session:
            found = ledger.get_review(session, actor.organisation_id, review_id)
            _belongs(found.submission_id, submission_id)
            ledger.confirm(
                session,
                actor.organisation_id,
                review_id,
                agree=agree,
                note=texts.get("note", ""),
                who=actor.who,
                at=self.bureau.room.now(),
            )
        return "confirmed" if agree else "sent_back"

    def answer(self, actor: Actor, submission_id: str, appeal_id: str, form: Any) -> None:
        texts = verdicts.texts(form)
        if texts.get("upheld") not in {"yes", "no"}:
            raise Invalid("Say whether the appeal is upheld or dismissed.")
        upheld = texts["upheld"] == "yes"
        with self.bureau.room.database.write() as session:
            found = ledger.get_appeal(session, actor.organisation_id, appeal_id)
            _belongs(found.submission_id, submission_id)
            ledger.answer(
                session,
                actor.organisation_id,
                appeal_id,
                upheld=upheld,
                reason=texts.get("reason", ""),
                verdict=verdicts.verdict(form) if upheld else None,
                who=actor.who,
                at=self.bureau.room.now(),
            )

    async def acted(self, request: Request, actor: Actor, submission_id: str, act: Any) -> Response:
        """Do what the form asks for; show the page again with what was wrong."""
        async with request.form(max_files=0, max_fields=60) as form:
            given = verdicts.texts(form)

            def work() -> Response:
                try:
                    done = act(form)
                except NotFound:
                    raise
                except DomainError as error:
                    return self.show(request, actor, submission_id, given=given, trouble=error)
                path = f"submissions/{submission_id}?done={done}"
                return back(actor.organisation_id, path)

            return await run_costly(work)


def _belongs(found: str, submission_id: str) -> None:
    if found != submission_id:
        raise NotFound("There is no such thing on this submission.")


def _everything(session: Session, actor: Actor, submission_id: str) -> dict[str, Any]:
    registry_id = actor.organisation_id
    submission = ledger.get(session, registry_id, submission_id)
    decision = submission.decision.decision
    history = ledger.history(session, submission_id)
    reviews = ledger.reviews_of(session, submission_id)
    policy, version = _rules(session, registry_id, decision)
    people = {one.by for one in history} | {one.proposed_by for one in reviews}
    people |= {one.settled_by for one in reviews if one.settled_by}
    return {
        "submission": submission,
        "registrant": register.get(session, registry_id, submission.registrant_id),
        "facts": submission.decision.facts,
        "history": history,
        "reviews": reviews,
        "waits": any(one.state is ReviewState.PROPOSED for one in reviews),
        "appeals": ledger.appeals_of(session, submission_id),
        "open_appeal": ledger.open_appeal(session, submission_id),
        "policy": policy,
        "held": version,
        "rule_lines": _rule_lines(policy, decision.rule),
        "report": _report(ledger.report_of(session, registry_id, submission_id)),
        "has_record": submission.digest is not None,
        "files": {one.digest for one in evidence.given(session, registry_id, submission_id)},
        "names": names_of(session, registry_id, people),
        "me": actor.who,
        **verdicts.choices(session, submission, policy),
    }


def _rules(
    session: Session, registry_id: str, decision: Decision
) -> tuple[Policy | None, PolicyVersion | None]:
    """The policy that decided, and the version it is kept as."""
    if not decision.policy_id:
        return None, None
    try:
        policy = adoption.get_policy(
            session, registry_id, decision.policy_id, decision.policy_version
        )
    except (NotFound, PolicyDoubtful):
        return None, None
    named = (decision.policy_id, decision.policy_version)
    versions = adoption.versions(session, registry_id)
    return policy, next((v for v in versions if (v.policy_id, v.version) == named), None)


def _rule_lines(policy: Policy | None, rule_id: str | None) -> str:
    """The line of the table as its author wrote it."""
    table = policy.document.get("map", ()) if policy and rule_id else ()
    for line in table:
        if line.get("id") == rule_id:
            return json.dumps(line, ensure_ascii=False, indent=1, default=str)
    return ""


def _report(kept: Mapping[str, Any] | None) -> Told | None:
    if not kept:
        return None
    checks = [
        Check(
            one["number"], one["code"], one["title"], Outcome(one["outcome"]), one["detail"],
            one.get("evidence", {}),
        )
        for one in kept["checks"]
    ]  # fmt: skip
    return Told(datetime.fromisoformat(kept["at"]), kept["bundle_version"], checks)


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(
        include_in_schema=False,
        prefix="/organisations/{organisation_id}/submissions/{submission_id}",
    )
    pages = _Pages(bureau)
    _add_reading(router, pages)
    _add_acting(router, pages)
    return router


def _add_reading(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    reader = Depends(room.guard.member(READ))

    @router.api_route("", methods=["GET", "HEAD"])
    def submission(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        submission_id: Id,
        done: _Told = "",
    ) -> Response:
        return pages.show(request, actor, submission_id, told=done)

    @router.get("/record")
    def submission_record(
        organisation_id: OrganisationId, actor: Annotated[Actor, reader], submission_id: Id
    ) -> Response:
        with room.database.write() as session:
            record = ledger.record_of(session, organisation_id, submission_id)
            if record is None:
                raise NotFound("There is no record: this was entered by hand.")
            audit.record(
                session,
                who=actor.who,
                action="submission.download",
                subject=f"submission:{submission_id}",
                at=room.now(),
                organisation_id=organisation_id,
            )
        is_json = record.lstrip().startswith(b"{")
        ending, kind = ("json", "application/json") if is_json else ("jwt", "application/vc+jwt")
        name = f'attachment; filename="submission-{submission_id}.{ending}"'
        return Response(record, media_type=kind, headers={**PRIVATE, "Content-Disposition": name})

    @router.get("/facts.json")
    def submission_facts(
        organisation_id: OrganisationId, actor: Annotated[Actor, reader], submission_id: Id
    ) -> Response:
        """What a second party needs to repeat the decision, beside the policy."""
        with room.database.read() as session:
            made = ledger.get(session, organisation_id, submission_id).decision
        told = {
            "facts": facts_as_json(made.facts),
            "today": made.today.isoformat(),
            "decision": decision_as_json(made.decision),
        }
        name = f'attachment; filename="decision-{made.id}.json"'
        body = json.dumps(told, ensure_ascii=False, indent=1).encode()
        headers = {**PRIVATE, "Content-Disposition": name}
        return Response(body, media_type="application/json", headers=headers)


def _add_acting(router: APIRouter, pages: _Pages) -> None:
    decider = Depends(pages.bureau.room.guard.member(DECIDE))

    @router.post("/propose", max_body_size=MAX_FORM_BYTES)
    async def propose(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, decider],
        submission_id: Id,
    ) -> Response:
        def act(form: Any) -> str:
            pages.propose(actor, submission_id, form)
            return "proposed"

        return await pages.acted(request, actor, submission_id, act)

    @router.post("/reviews/{review_id}", max_body_size=MAX_FORM_BYTES)
    async def settle(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, decider],
        submission_id: Id,
        review_id: Id,
    ) -> Response:
        return await pages.acted(
            request,
            actor,
            submission_id,
            lambda form: pages.settle(actor, submission_id, review_id, form),
        )

    @router.post("/appeals/{appeal_id}/answer", max_body_size=MAX_FORM_BYTES)
    async def answer_appeal(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, decider],
        submission_id: Id,
        appeal_id: Id,
    ) -> Response:
        def act(form: Any) -> str:
            pages.answer(actor, submission_id, appeal_id, form)
            return "answered"

        return await pages.acted(request, actor, submission_id, act)
