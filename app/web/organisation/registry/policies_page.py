"""A registry's rules: their versions, an editor that says what is wrong at which line, trying out.

Before a version is adopted one can see what it changes: in words against the version in force, on a
file of vectors, and on what was decided in the last year. Adopting asks for a confirmation, and
where two members may adopt, not its author does it (``adoption.service``).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.audit.naming import names_of
from app.identity.model import Actor
from app.platform.problems import DomainError, FieldProblem, Invalid, NotFound
from app.platform.threads import run_costly
from app.recognition.adoption import service as adoption
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Cause, RunScope
from app.recognition.policies.shipped import texts as shipped_texts
from app.web.organisation.registry import trying
from app.web.organisation.registry.bureau import (
    ON_A_PAGE,
    POLICY,
    READ,
    Asked,
    Bureau,
    Cursor,
    Id,
    Line,
    back,
    uploaded,
)
from app.web.room import MAX_FORM_BYTES

_TEXT_BYTES = 512 * 1024
_VECTORS_BYTES = 4 * 1024 * 1024
_YEAR = timedelta(days=365)


class _Pages:
    """What the routes share."""

    def __init__(self, bureau: Bureau) -> None:
        self.bureau = bureau
        self.room = bureau.room

    def list(self, request: Request, actor: Actor, *, cursor: str = "") -> Response:
        with self.room.database.read() as session:
            versions = adoption.versions(session, actor.organisation_id)
            runs = ledger.run_page(
                session, actor.organisation_id, cursor=cursor or None, limit=ON_A_PAGE
            )
            values = {
                **self.bureau.frame(session, actor, "policies"),
                "versions": versions,
                "today": self.room.now().date(),
                "runs": runs.items,
                "next_cursor": runs.next_cursor,
                "cursor": cursor,
                "shipped": sorted(shipped_texts()),
            }
        return self.bureau.page(request, "registry_policies.html", values)

    def editor(
        self,
        request: Request,
        actor: Actor,
        text: str,
        *,
        checked: bool = False,
        trouble: DomainError | None = None,
    ) -> Response:
        """A text that is kept nowhere yet."""
        with self.room.database.read() as session:
            values = {
                **self.bureau.frame(session, actor, "policies"),
                "text": text,
                "looked": trying.look(session, actor.organisation_id, text, at=self.room.now())
                if checked or trouble
                else None,
                "address": f"/organisations/{actor.organisation_id}/policies/new",
                "seen": "",
            }
        return self.bureau.page(request, "registry_policy_editor.html", values, trouble=trouble)

    def version(
        self,
        request: Request,
        actor: Actor,
        version_id: str,
        *,
        text: str | None = None,
        vectors: trying.Tried | None = None,
        dry: trying.Dry | None = None,
        trouble: DomainError | None = None,
        place: str = "",
    ) -> Response:
        at, registry_id = self.room.now(), actor.organisation_id
        with self.room.database.read() as session:
            found = adoption.get(session, registry_id, version_id)
            shown_text = found.text if text is None else text
            people = {found.created_by, found.changed_by, found.adopted_by, found.withdrawn_by}
            values: dict[str, Any] = {
                **self.bureau.frame(session, actor, "policies"),
                "held": found,
                "seen": adoption.tag(found),
                "text": shown_text,
                "looked": trying.look(session, registry_id, shown_text, at=at),
                "address": f"/organisations/{registry_id}/policies/{version_id}",
                "vectors": vectors,
                "dry": dry,
                "since": (at.date() - _YEAR).isoformat(),
                "today": at.date(),
                "submissions": sum(ledger.counts(session, registry_id).values()),
                "most_at_once": trying.MOST_AT_ONCE,
                "names": names_of(session, registry_id, {one for one in people if one}),
                "place": place,
            }
        return self.bureau.page(request, "registry_policy.html", values, trouble=trouble)

    def save(self, actor: Actor, version_id: str | None, text: str, *, seen: str | None) -> str:
        """Keep the text as a draft; gives its id. Raises what ``adoption`` does."""
        at = self.room.now()
        with self.room.database.write() as session:
            if version_id is None:
                return adoption.draft(session, actor, text, at=at).id
            return adoption.change(session, actor, version_id, text, at=at, seen=seen).id

    def act(self, actor: Actor, version_id: str, form: Mapping[str, str]) -> str:
        """Adopt, withdraw or discard; gives where to go on. Raises what ``adoption`` does."""
        at, seen, action = self.room.now(), form.get("seen") or None, form.get("action", "")
        if form.get("sure") != "yes":
            mend = "Tick that you are sure."
            raise Invalid(mend, fields=[FieldProblem("/sure", "not-sure", mend)])
        with self.room.database.write() as session:
            if action == "adopt":
                adoption.adopt(session, self.bureau.statements, actor, version_id, at=at, seen=seen)
            elif action == "withdraw":
                adoption.withdraw(
                    session,
                    actor,
                    version_id,
                    why=form.get("reason", ""),
                    on=trying.day(form.get("on", "")),
                    at=at,
                    seen=seen,
                )
            elif action == "discard":
                adoption.discard(session, actor, version_id, at=at, seen=seen)
                return "policies"
            else:
                raise Invalid("There is no such action.")
        return f"policies/{version_id}"


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix="/organisations/{organisation_id}/policies")
    pages = _Pages(bureau)
    _add_list(router, pages)
    _add_version(router, pages)
    _add_trying(router, pages)
    _add_runs(router, pages)
    return router


async def _texts(request: Request) -> dict[str, str]:
    async with request.form(max_files=0, max_fields=20) as form:
        return {key: value for key, value in form.items() if isinstance(value, str)}


def _plain(text: str) -> str:
    """A textarea's text with the line ends that its author wrote."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _add_list(router: APIRouter, pages: _Pages) -> None:
    room = pages.room
    reader, author = Depends(room.guard.member(READ)), Depends(room.guard.member(POLICY))

    @router.api_route("", methods=["GET", "HEAD"])
    def policies(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        cursor: Cursor = "",
    ) -> Response:
        return pages.list(request, actor, cursor=cursor)

    @router.api_route("/new", methods=["GET", "HEAD"])
    def new_policy(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, author],
        like: Asked = "",
        version: Asked = "",
    ) -> Response:
        text = shipped_texts().get(like, "")
        if version:
            with room.database.read() as session:
                text = adoption.get(session, organisation_id, version).text
        return pages.editor(request, actor, text)

    @router.post("/new", max_body_size=_TEXT_BYTES)
    async def draft_policy(
        request: Request, organisation_id: OrganisationId, actor: Annotated[Actor, author]
    ) -> Response:
        form = await _texts(request)
        text = _plain(form.get("text", ""))

        def work() -> Response:
            if form.get("action") != "save":
                return pages.editor(request, actor, text, checked=True)
            try:
                version_id = pages.save(actor, None, text, seen=None)
            except DomainError as error:
                return pages.editor(request, actor, text, trouble=error)
            return back(organisation_id, f"policies/{version_id}")

        return await run_costly(work)


def _add_version(router: APIRouter, pages: _Pages) -> None:
    room = pages.room
    reader, author = Depends(room.guard.member(READ)), Depends(room.guard.member(POLICY))

    @router.api_route("/{version_id}", methods=["GET", "HEAD"])
    def policy(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        version_id: Id,
    ) -> Response:
        return pages.version(request, actor, version_id)

    @router.post("/{version_id}", max_body_size=_TEXT_BYTES)
    async def change_policy(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, author],
        version_id: Id,
    ) -> Response:
        form = await _texts(request)
        text = _plain(form.get("text", ""))

        def work() -> Response:
            if form.get("action") != "save":
                return pages.version(request, actor, version_id, text=text)
            try:
                pages.save(actor, version_id, text, seen=form.get("seen") or None)
            except NotFound:
                raise
            except DomainError as error:
                return pages.version(request, actor, version_id, text=text, trouble=error)
            return back(organisation_id, f"policies/{version_id}")

        return await run_costly(work)

    @router.post("/{version_id}/act", max_body_size=MAX_FORM_BYTES)
    async def act_on_policy(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, author],
        version_id: Id,
    ) -> Response:
        form = await _texts(request)

        def work() -> Response:
            try:
                path = pages.act(actor, version_id, form)
            except NotFound:
                raise
            except DomainError as error:
                return pages.version(
                    request, actor, version_id, trouble=error, place=form.get("action", "")
                )
            return back(organisation_id, path)

        return await run_costly(work)


def _add_trying(router: APIRouter, pages: _Pages) -> None:
    room = pages.room
    reader = Depends(room.guard.member(READ))

    @router.post("/{version_id}/vectors", max_body_size=_VECTORS_BYTES)
    async def try_vectors(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        version_id: Id,
    ) -> Response:
        _, _, data = await uploaded(request)

        def work() -> Response:
            try:
                with room.database.read() as session:
                    found = adoption.get(session, organisation_id, version_id)
                tried = trying.try_vectors(found.text, data)
            except NotFound:
                raise
            except DomainError as error:
                return pages.version(request, actor, version_id, trouble=error, place="vectors")
            return pages.version(request, actor, version_id, vectors=tried, place="vectors")

        return await run_costly(work)

    @router.api_route("/{version_id}/dry-run", methods=["GET", "HEAD"])
    async def dry_run(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        version_id: Id,
        since: Asked = "",
    ) -> Response:
        def work() -> Response:
            with room.database.read() as session:
                found = adoption.get(session, organisation_id, version_id)
                dry = trying.dry_run(session, found, since=trying.day(since), at=room.now())
            return pages.version(request, actor, version_id, dry=dry, place="dry")

        return await run_costly(work)


def _add_runs(router: APIRouter, pages: _Pages) -> None:
    room = pages.room
    author = Depends(room.guard.member(POLICY))

    @router.post("/{version_id}/runs", max_body_size=MAX_FORM_BYTES)
    def start_dry_run(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, author],
        version_id: Id,
        since: Line = "",
    ) -> Response:
        """The same for a large registry, by the worker; nothing is kept of it but its changes."""
        with room.database.write() as session:
            found = adoption.get(session, organisation_id, version_id)
            run = ledger.rerun(
                session,
                organisation_id,
                RunScope(found.policy_id, found.version, since=trying.day(since)),
                cause=Cause.POLICY,
                why=f"Dry run of {found.policy_id}, version {found.version}",
                dry=True,
                who=actor.who,
                at=room.now(),
            )
        return back(organisation_id, f"runs/{run.id}")
