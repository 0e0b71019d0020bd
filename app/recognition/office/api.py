"""The office over HTTP: audit samples, lists, numbers, letters."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from app.identity.access import Guard, OrganisationId
from app.identity.model import Actor
from app.identity.registries import find_registry
from app.platform import clock
from app.platform.db import Database
from app.platform.idempotency import KeyHeader
from app.platform.routing import together
from app.recognition.office.letters import service as letters
from app.recognition.office.press import OfficePress
from app.recognition.office.returns import service as returns
from app.recognition.office.returns import writing
from app.recognition.office.returns.model import Ending, Form, Wanted
from app.recognition.office.samples import evidence
from app.recognition.office.samples import service as samples
from app.recognition.office.samples.model import NewSample
from app.recognition.office.statistics import service as statistics
from app.recognition.office.statistics.service import By
from app.recognition.office.wire import (
    FigureIn,
    LetterOut,
    NumbersOut,
    PublishedSampleOut,
    PublishedSamplePage,
    SampleIn,
    SampleOut,
    SamplePage,
)
from app.recognition.policies.model import Span
from app.recognition.register.door import (
    DECIDE,
    MAX_BYTES,
    MOST,
    PAGE,
    PATH,
    PRIVATE,
    READ,
    Cursor,
    Door,
    created,
)

TAG = "recognition"
Id = Annotated[str, Path(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=MOST)]
First = Annotated[date | None, Query(description="Completed on this day or later.")]
Last = Annotated[date | None, Query(description="Completed on this day or before.")]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {kind.partition(";")[0]: {} for kind in writing.MEDIA_TYPES.values()},
    }
}
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"application/zip": {}}}
}
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "The letter.", "content": {"application/pdf": {}}}
}
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "An id a line.", "content": {"text/plain": {}}}
}


def build_router(
    *,
    database: Database,
    guard: Guard,
    press: OfficePress,
    public_url: str,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """All routes of the office; what is public comes first, since its path is the narrower."""
    door = Door(database, guard, now)
    return together(
        _published(door),
        _samples(door),
        _drawing(door),
        _drawn(door),
        _lists(door, press),
        _numbers(door),
        _letters(door, press, public_url),
    )


def _published(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG], dependencies=[Depends(door.guard.public)])

    @router.get("/samples/published")
    def list_published_samples(
        organisation_id: OrganisationId, cursor: Cursor = None, limit: Limit = PAGE
    ) -> PublishedSamplePage:
        """Every audit sample that the registry announced: commitments first, seeds once drawn."""
        with door.database.read() as session:
            find_registry(session, organisation_id)
            found = samples.page(session, organisation_id, cursor=cursor, limit=limit)
        items = [PublishedSampleOut.seen(one) for one in found.items]
        return PublishedSamplePage(items=items, next_cursor=found.next_cursor)

    return router


def _samples(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH + "/samples", tags=[TAG])

    @router.get("")
    def list_samples(
        response: Response,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        cursor: Cursor = None,
        limit: Limit = PAGE,
    ) -> SamplePage:
        """The registry's audit samples, newest first."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            found = samples.page(session, organisation_id, cursor=cursor, limit=limit)
        items = [SampleOut.told(one) for one in found.items]
        return SamplePage(items=items, next_cursor=found.next_cursor)

    @router.post("", status_code=201, response_model=SampleOut, max_body_size=MAX_BYTES)
    def announce_sample(
        request: Request,
        organisation_id: OrganisationId,
        given: SampleIn,
        *,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        key: KeyHeader = None,
    ) -> Response:
        """Announce a sample: the list is fixed, and a commitment is published.

        The secret stays with the registry until the draw. 409 `sample-nobody` where the register
        is empty.
        """
        door.own(actor, DECIDE, organisation_id)

        def work(session: Session) -> Response:
            new = NewSample(given.percent, given.public_source)
            return created(SampleOut.told(samples.announce(session, actor, new, at=door.now())))

        return door.create(request, actor, given, work, key=key)

    @router.get("/{sample_id}")
    def read_sample(
        response: Response,
        organisation_id: OrganisationId,
        sample_id: Id,
        *,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> SampleOut:
        """One sample, and who was drawn once it is."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            return SampleOut.told(samples.get(session, organisation_id, sample_id))

    return router


def _drawing(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH + "/samples/{sample_id}", tags=[TAG])

    @router.post("/draw", max_body_size=MAX_BYTES)
    def draw_sample(
        response: Response,
        organisation_id: OrganisationId,
        sample_id: Id,
        given: FigureIn,
        *,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
    ) -> SampleOut:
        """Publish the secret and draw; a sample is drawn once (409 `sample-drawn`)."""
        door.own(actor, DECIDE, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.write() as session:
            made = samples.draw(session, actor, sample_id, given.public_value, at=door.now())
        return SampleOut.told(made)

    return router


def _drawn(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH + "/samples/{sample_id}", tags=[TAG])

    @router.get("/list", response_class=Response, responses=_TEXT)
    def read_sampled_list(
        organisation_id: OrganisationId,
        sample_id: Id,
        *,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> Response:
        """The list that is drawn from, as its hash is taken: the sorted ids, one a line."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            ids = samples.listed(session, samples.get(session, organisation_id, sample_id))
        text = "".join(f"{one}\n" for one in ids)
        return Response(text, media_type="text/plain; charset=utf-8", headers=PRIVATE)

    @router.get("/evidence/{registrant_id}", response_class=Response, responses=_ZIP)
    def read_sample_evidence(
        organisation_id: OrganisationId,
        sample_id: Id,
        registrant_id: Id,
        *,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> Response:
        """Records, reports, decisions and rules of a registrant who was drawn, as a ZIP file."""
        door.own(actor, READ, organisation_id)
        pieces = evidence.bundle(door.database, actor, sample_id, registrant_id, at=door.now())
        return StreamingResponse(pieces, media_type="application/zip", headers=PRIVATE)

    return router


def _lists(door: Door, press: OfficePress) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/lists/{form}.{ending}", response_class=Response, responses=_FILE)
    def read_list(
        organisation_id: OrganisationId,
        form: Form,
        ending: Ending,
        *,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        first: First = None,
        last: Last = None,
        registrant: Annotated[
            str | None, Query(max_length=64, description="Id; needed for `ncees`.")
        ] = None,
        activity_of: Annotated[
            str | None,
            Query(max_length=64, description="A submission: only those of the same activity."),
        ] = None,
    ) -> Response:
        """Decisions as a file, in one of several forms; taking one is noted in the history.

        `return-1` and `return-2` are made after PEC's CPD returns, `ncees` after NCEES's report;
        none was checked by these bodies, and each file says so.
        """
        door.own(actor, READ, organisation_id)
        wanted = Wanted(form, Span(first, last), registrant, activity_of)
        made = returns.prepare(door.database, actor, wanted, ending, at=door.now())
        kind = writing.MEDIA_TYPES[ending]
        if ending is Ending.PDF:
            page = writing.as_pdf(made, press=press, at=door.now())
            return Response(page, media_type=kind, headers=PRIVATE)
        write = writing.as_csv if ending is Ending.CSV else writing.as_xlsx
        return StreamingResponse(write(made), media_type=kind, headers=PRIVATE)

    return router


def _numbers(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/statistics")
    def read_statistics(
        response: Response,
        organisation_id: OrganisationId,
        *,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        rows: By = By.SOCIETY,
        columns: By = By.OUTCOME,
        first: First = None,
        last: Last = None,
    ) -> NumbersOut:
        """Counts by two things at a time, from which no count of 1 to 9 can be computed."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        span = Span(first, last)
        return NumbersOut.told(
            statistics.numbers(
                door.database, organisation_id, completed=span, rows=rows, columns=columns
            )
        )

    return router


def _letters(door: Door, press: OfficePress, public_url: str) -> APIRouter:
    router = APIRouter(prefix=PATH + "/submissions/{submission_id}", tags=[TAG])
    languages = Query(alias="language", max_length=2, description="One or two BCP 47 tags.")
    of_decision = Query(max_length=64, description="An earlier decision; else the current one.")

    @router.get("/letter")
    def read_letter(
        response: Response,
        organisation_id: OrganisationId,
        submission_id: Id,
        *,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        language: Annotated[list[str] | None, languages] = None,
        decision: Annotated[str, of_decision] = "",
    ) -> LetterOut:
        """The letter to the registrant about a decision, in the registrant's language and ours."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            made = letters.letter(
                session,
                organisation_id,
                submission_id,
                decision_id=decision,
                languages=language or (),
                public_url=public_url,
            )
            return LetterOut.told(made)

    @router.get("/letter.pdf", response_class=Response, responses=_PDF)
    def print_letter(
        organisation_id: OrganisationId,
        submission_id: Id,
        *,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        language: Annotated[list[str] | None, languages] = None,
        decision: Annotated[str, of_decision] = "",
    ) -> Response:
        """The same as PDF; that it was printed is noted in the history."""
        door.own(actor, READ, organisation_id)
        at = door.now()
        with door.database.write() as session:
            made = letters.letter(
                session,
                organisation_id,
                submission_id,
                decision_id=decision,
                languages=language or (),
                public_url=public_url,
            )
            letters.note(session, organisation_id, submission_id, made, who=actor.who, at=at)
        page = letters.printed(press, made, at=at)
        return Response(page, media_type="application/pdf", headers=PRIVATE)

    return router
