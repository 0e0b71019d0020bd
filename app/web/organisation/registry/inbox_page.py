"""The inbox of a registry: what was submitted, searched and counted; submitting; many at once.

What somebody at the registry hands in is a file (``office.intake``), a pasted record, or a link of
this node that a holder gave. Whose it is: the number that the file or the form names, or else the
registrant to whom the record's holder is bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform.problems import DomainError, FieldProblem, Invalid
from app.platform.threads import run_costly
from app.recognition.deciding.model import Outcome
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Judged, Origin, Submitted, Verdict
from app.recognition.ledger.service import Filter
from app.recognition.office import handing_in
from app.recognition.office.intake import MOST_BYTES
from app.recognition.register import service as register
from app.web.organisation.registry.bureau import (
    DECIDE,
    ON_A_PAGE,
    READ,
    Asked,
    Bureau,
    Cursor,
    Line,
    Text,
    uploaded,
)
from app.web.room import MAX_FORM_BYTES

_FORM_BYTES = MOST_BYTES + 64 * 1024
MOST_TOLD = 50
BULK = (Judged.EVALUATE, Judged.EVIDENCE_ONLY, Judged.REJECT)
"""What can be proposed of many at once: an amount is given to each for itself."""


@dataclass(frozen=True, slots=True)
class Search:
    """The form as it was sent."""

    outcome: str = ""
    reason: str = ""
    registrant: str = ""
    issuer: str = ""
    origin: str = ""
    first: str = ""
    last: str = ""
    text: str = ""

    def query(self) -> str:
        """The form as a query, for links that keep it."""
        given = {name: getattr(self, name) for name in self.__slots__}
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def outcome_wanted(self) -> Outcome | None:
        return Outcome(self.outcome) if self.outcome in set(Outcome) else None

    @property
    def origin_wanted(self) -> Origin | None:
        return Origin(self.origin) if self.origin in set(Origin) else None


def _searched(
    *, outcome: Asked = "", reason: Asked = "", registrant: Asked = "", issuer: Asked = "",
    origin: Asked = "", first: Asked = "", last: Asked = "", text: Asked = "",
) -> Search:  # fmt: skip
    return Search(
        outcome.strip(), reason.strip(), registrant.strip(), issuer.strip(),
        origin.strip(), first.strip(), last.strip(), text.strip(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the routes share."""

    bureau: Bureau

    def inbox(
        self,
        request: Request,
        actor: Actor,
        asked: Search,
        *,
        cursor: str = "",
        trouble: DomainError | None = None,
        done: tuple[int, Sequence[DomainError]] | None = None,
    ) -> Response:
        registry_id = actor.organisation_id
        with self.bureau.room.database.read() as session:
            frame = self.bureau.frame(session, actor, "inbox")
            wanted, nobody = self._wanted(session, registry_id, asked)
            found = ledger.page(
                session, registry_id, wanted=wanted, cursor=cursor or None, limit=ON_A_PAGE
            )
            items = () if nobody else found.items
            values: dict[str, Any] = {
                **frame,
                "asked": asked,
                "query": asked.query(),
                "submissions": items,
                "whose": {
                    one: register.get(session, registry_id, one)
                    for one in {each.registrant_id for each in items}
                },
                "next_cursor": None if nobody else found.next_cursor,
                "cursor": cursor,
                "count": 0 if nobody else ledger.count(session, registry_id, wanted=wanted),
                "counts": ledger.counts(session, registry_id),
                "outcomes": list(Outcome),
                "origins": list(Origin),
                "bulk": BULK,
                "done": done,
                "most_megabytes": MOST_BYTES // 1024**2,
            }
        return self.bureau.page(request, "registry_inbox.html", values, trouble=trouble)

    @staticmethod
    def _wanted(session: Any, registry_id: str, asked: Search) -> tuple[Filter, bool]:
        """The filter, and whether it names a registrant that there is not."""
        found = register.find(session, registry_id, asked.registrant) if asked.registrant else None
        wanted = Filter(
            outcome=asked.outcome_wanted,
            origin=asked.origin_wanted,
            registrant_id=found.id if found else None,
            completed_from=_day(asked.first),
            completed_until=_day(asked.last),
            issuer=asked.issuer or None,
            reason=asked.reason or None,
            text=asked.text or None,
        )
        return wanted, bool(asked.registrant) and found is None

    def handed_in(self, request: Request, actor: Actor, given: handing_in.Given) -> Response:
        """What became of each record."""
        at, room = self.bureau.room.now(), self.bureau.room
        made = handing_in.hand_in(
            room.database,
            self.bureau.desk,
            actor.organisation_id,
            given,
            public_url=room.public_url,
            who=actor.who,
            at=at,
        )
        with room.database.read() as session:
            frame = self.bureau.frame(session, actor, "inbox")
        values = {**frame, **_told(made), "number": given.number}
        return self.bureau.page(request, "registry_handed_in.html", values)

    def propose(
        self, actor: Actor, ids: Sequence[str], verdict: Verdict, note: str
    ) -> tuple[int, list[DomainError]]:
        """Propose one verdict for many; says for how many, and what stood in the way of others."""
        done, troubles = 0, []
        for one in ids:
            try:
                with self.bureau.room.database.write() as session:
                    ledger.review(
                        session,
                        actor.organisation_id,
                        one,
                        verdict,
                        note=note,
                        who=actor.who,
                        at=self.bureau.room.now(),
                    )
            except Invalid:
                raise
            except DomainError as error:
                troubles.append(error)
            else:
                done += 1
        return done, troubles


def _told(made: Sequence[Submitted]) -> dict[str, Any]:
    """What the page of an answer shows: counts, errors, the first records."""
    decided = [one.submission for one in made if one.submission is not None]
    errors = [(one.index + 1, one.error) for one in made if one.error is not None]
    outcomes = dict.fromkeys(Outcome, 0)
    for one in decided:
        outcomes[one.outcome] += 1
    return {
        "total": len(made),
        "new": sum(one.created for one in made),
        "outcomes": {outcome: count for outcome, count in outcomes.items() if count},
        "decided": decided[:MOST_TOLD],
        "more_decided": max(0, len(decided) - MOST_TOLD),
        "errors": errors[:MOST_TOLD],
        "more_errors": max(0, len(errors) - MOST_TOLD),
    }


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix="/organisations/{organisation_id}/inbox")
    pages, room = _Pages(bureau), bureau.room
    reader, decider = Depends(room.guard.member(READ)), Depends(room.guard.member(DECIDE))

    @router.api_route("", methods=["GET", "HEAD"])
    def inbox(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, reader],
        asked: Annotated[Search, Depends(_searched)],
        cursor: Cursor = "",
    ) -> Response:
        return pages.inbox(request, actor, asked, cursor=cursor)

    @router.post("/submit", max_body_size=_FORM_BYTES)
    async def hand_in(
        request: Request, organisation_id: OrganisationId, actor: Annotated[Actor, decider]
    ) -> Response:
        try:
            texts, _, data = await uploaded(request)
            given = handing_in.Given(
                data or texts.get("pasted", "").strip().encode("utf-8", "replace"),
                texts.get("number", "").strip(),
            )
            return await run_costly(lambda: pages.handed_in(request, actor, given))
        except DomainError as error:
            trouble = error
        return await run_costly(lambda: pages.inbox(request, actor, Search(), trouble=trouble))

    @router.post("/propose", max_body_size=MAX_FORM_BYTES)
    def propose_for_many(
        request: Request,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, decider],
        ids: Annotated[list[str] | None, Form(max_length=ON_A_PAGE)] = None,
        judged: Line = "",
        note: Text = "",
    ) -> Response:
        asked = Search(outcome=Outcome.REVIEW.value)
        try:
            if judged not in set(BULK) or not ids:
                mend = "Tick at least one record, and choose what you propose."
                raise Invalid(mend, fields=[FieldProblem("/ids", "nothing-chosen", mend)])
            done = pages.propose(actor, ids, Verdict(Judged(judged)), note)
        except DomainError as error:
            return pages.inbox(request, actor, asked, trouble=error)
        return pages.inbox(request, actor, asked, done=done)

    return router


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
