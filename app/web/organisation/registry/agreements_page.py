"""A registry's agreements with others: drafted, signed, exchanged as files, ended."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query
from pydantic import BaseModel, StringConstraints
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.model import Actor, Role
from app.platform.problems import DomainError, FieldProblem, Invalid, NotFound
from app.recognition.adoption import service as adoption
from app.recognition.agreements import drafting, exchanging, listing, receiving, signing
from app.recognition.agreements.api import as_file
from app.recognition.agreements.carrying import FILE
from app.recognition.agreements.desk import Desk, Which
from app.recognition.agreements.model import Standing
from app.recognition.agreements.writing import NewAgreement, NewTerms
from app.trust import service as trust
from app.trust.model import Issuer
from app.web.organisation.fresh import need_fresh_for
from app.web.organisation.registry.bureau import (
    ON_A_PAGE,
    POLICY,
    READ,
    Bureau,
    Cursor,
    Line,
    back,
    uploaded,
)
from app.web.recognition_page import sides
from app.web.room import MAX_FORM_BYTES, PRIVATE

AgreementId = Annotated[str, Path(max_length=36, pattern="^[0-9a-f-]{36}$")]
Version = Annotated[int, Path(ge=1, le=1000)]
_FORM_BYTES = 256 * 1024
_Short = Annotated[str, StringConstraints(max_length=500)]
_Long = Annotated[str, StringConstraints(max_length=40_000)]
_REGISTRIES = ":registries:"


class AgreementForm(BaseModel):
    """The form as it was sent; what it says is checked where an agreement is drafted."""

    amends: _Short = ""
    other: _Short = ""
    reference: _Short = ""
    language: _Short = "en"
    text: _Long = ""
    second_language: _Short = ""
    second_text: _Long = ""
    valid_from: _Short = ""
    valid_to: _Short = ""
    notice_days: _Short = "90"
    our_issuers: _Long = ""
    their_issuers: _Long = ""
    our_tag: _Short = ""
    our_policy: _Short = ""
    our_kinds: _Short = ""
    their_tag: _Short = ""
    their_policy_id: _Short = ""
    their_policy_version: _Short = ""
    their_policy_hash: _Short = ""
    their_kinds: _Short = ""

    def new(self) -> NewAgreement:
        """What is asked for. Raises ``Invalid`` for what is no number."""
        texts = {self.language.strip(): self.text}
        if self.second_text.strip():
            texts[self.second_language.strip()] = self.second_text
        name, _, version = self.our_policy.rpartition(" ")
        ours = self._terms(
            "our_policy", self.our_tag, name, version=version, kinds=self.our_kinds, digest=""
        )
        theirs = self._terms(
            "their_policy_version",
            self.their_tag,
            self.their_policy_id,
            version=self.their_policy_version,
            kinds=self.their_kinds,
            digest=self.their_policy_hash,
        )
        return NewAgreement(
            other=self.other.strip(),
            reference=self.reference,
            texts=texts,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            notice_days=_number("notice_days", self.notice_days),
            our_issuers=tuple(self.our_issuers.split()),
            their_issuers=tuple(self.their_issuers.split()),
            ours=ours,
            theirs=theirs,
        )

    @staticmethod
    def _terms(
        place: str, tag: str, policy_id: str, *, version: str, kinds: str, digest: str
    ) -> NewTerms | None:
        if not tag.strip() and not policy_id.strip():
            return None
        named = tuple(kinds.replace(",", " ").split()) or None
        return NewTerms(tag, policy_id, _number(place, version), digest, named)


@dataclass(frozen=True, slots=True)
class _Choices:
    """What the form offers."""

    registries: Sequence[Issuer] = ()
    issuers: Sequence[Issuer] = ()
    policies: Sequence[str] = ()
    given: AgreementForm = field(default_factory=AgreementForm)


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the routes share."""

    bureau: Bureau

    @property
    def desk(self) -> Desk:
        bundle = self.bureau.desk.bundle
        return Desk(self.bureau.statements, lambda _, at: bundle(at))

    def list(
        self,
        request: Request,
        actor: Actor,
        *,
        cursor: str = "",
        trouble: DomainError | None = None,
    ) -> Response:
        room = self.bureau.room
        with room.database.read() as session:
            found = listing.of_registry(
                session, self.desk, actor.organisation_id, cursor=cursor or None,
                limit=ON_A_PAGE, at=room.now(),
            )  # fmt: skip
            values = {
                **self.bureau.frame(session, actor, "agreements"),
                "agreements": found.items,
                "own": listing.own_id(session, actor.organisation_id),
                "next_cursor": found.next_cursor,
                "cursor": cursor,
                "limit": FILE.size,
            }
        return self.bureau.page(request, "registry_agreements.html", values, trouble=trouble)

    def form(
        self,
        request: Request,
        actor: Actor,
        given: AgreementForm,
        *,
        trouble: DomainError | None = None,
    ) -> Response:
        with self.bureau.room.database.read() as session:
            values = {
                **self.bureau.frame(session, actor, "agreements"),
                "choices": _choices(session, actor.organisation_id, given),
            }
        return self.bureau.page(request, "registry_agreement_new.html", values, trouble=trouble)

    def one(
        self,
        request: Request,
        actor: Actor,
        which: Which,
        *,
        trouble: DomainError | None = None,
    ) -> Response:
        room = self.bureau.room
        with room.database.read() as session:
            found = listing.one_of(session, self.desk, actor.organisation_id, which, at=room.now())
            values = {
                **self.bureau.frame(session, actor, "agreements"),
                "one": found,
                "sides": sides(session, found, room),
                "can": _can(session, actor, found),
                "earliest": signing.earliest_end(found.agreement, on=room.now().date()),
            }
        return self.bureau.page(request, "registry_agreement.html", values, trouble=trouble)


def build_router(bureau: Bureau) -> APIRouter:
    router = APIRouter(
        include_in_schema=False, prefix="/organisations/{organisation_id}/agreements"
    )
    pages = _Pages(bureau)
    _listing(router, pages)
    _drafting(router, pages)
    _receiving(router, pages)
    _one(router, pages)
    _binding(router, pages)
    return router


def _listing(router: APIRouter, pages: _Pages) -> None:
    reader = Depends(pages.bureau.room.guard.member(READ))

    @router.api_route("", methods=["GET", "HEAD"])
    def list_agreements(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, reader],
        cursor: Cursor = "",
    ) -> Response:
        return pages.list(request, actor, cursor=cursor)


def _drafting(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    writer = Depends(room.guard.member(POLICY))

    @router.api_route("/new", methods=["GET", "HEAD"])
    def new_agreement(
        request: Request,
        organisation_id: OrganisationId,
        actor: Annotated[Actor, writer],
        amends: Annotated[str, Query(max_length=36, pattern="^[0-9a-f-]*$")] = "",
    ) -> Response:
        return pages.form(request, actor, AgreementForm(amends=amends))

    @router.post("/new", max_body_size=_FORM_BYTES)
    def draft_agreement(
        request: Request,
        organisation_id: OrganisationId,
        given: Annotated[AgreementForm, Form()],
        actor: Annotated[Actor, writer],
    ) -> Response:
        at, desk = room.now(), pages.desk
        try:
            new = given.new()
            with room.database.write() as session:
                if given.amends:
                    one = drafting.amend(session, desk, actor, given.amends, new, at=at)
                else:
                    one = drafting.draft(session, desk, actor, new, at=at)
        except DomainError as error:
            return pages.form(request, actor, given, trouble=error)
        return back(organisation_id, f"agreements/{one.agreement.id}/{one.agreement.version}")


def _receiving(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    writer = Depends(room.guard.member(POLICY))

    @router.post("/receive", max_body_size=FILE.size + MAX_FORM_BYTES)
    async def receive_agreement(
        request: Request, organisation_id: OrganisationId, actor: Annotated[Actor, writer]
    ) -> Response:
        try:
            _, _, data = await uploaded(request)
            with room.database.write() as session:
                one = receiving.receive(session, pages.desk, actor, data, at=room.now())
        except DomainError as error:
            return pages.list(request, actor, trouble=error)
        return back(organisation_id, f"agreements/{one.agreement.id}/{one.agreement.version}")


def _one(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    reader = Depends(room.guard.member(READ))

    @router.api_route("/{agreement_id}/{version}", methods=["GET", "HEAD"])
    def agreement(
        request: Request,
        organisation_id: OrganisationId,
        agreement_id: AgreementId,
        version: Version,
        actor: Annotated[Actor, reader],
    ) -> Response:
        return pages.one(request, actor, Which(agreement_id, version))

    @router.api_route("/{agreement_id}/{version}/file", methods=["GET", "HEAD"])
    def agreement_file(
        organisation_id: OrganisationId,
        agreement_id: AgreementId,
        version: Version,
        actor: Annotated[Actor, reader],
    ) -> Response:
        which = Which(agreement_id, version)
        with room.database.read() as session:
            one = listing.one_of(session, pages.desk, organisation_id, which, at=room.now())
            data = exchanging.file_of(session, one)
        return as_file(data, one, PRIVATE)


def _binding(router: APIRouter, pages: _Pages) -> None:
    room = pages.bureau.room
    writer = Depends(room.guard.member(POLICY))

    @router.post("/{agreement_id}/{version}/{act}", max_body_size=MAX_FORM_BYTES)
    def act_on_agreement(
        *,
        request: Request,
        organisation_id: OrganisationId,
        agreement_id: AgreementId,
        version: Version,
        act: Annotated[str, Path(pattern="^(sign|end|discard)$")],
        actor: Annotated[Actor, writer],
        ends_on: Line = "",
    ) -> Response:
        which, at, desk = Which(agreement_id, version), room.now(), pages.desk
        need_fresh_for([Role.OWNER], request, room)
        try:
            with room.database.write() as session:
                if act == "sign":
                    exchanging.sign(session, desk, actor, which, at=at)
                elif act == "end":
                    day = _day(ends_on)
                    exchanging.end(session, desk, actor, which, ends_on=day, at=at)
                else:
                    drafting.discard(session, desk, actor, which, at=at)
        except NotFound:
            raise
        except DomainError as error:
            return pages.one(request, actor, which, trouble=error)
        place = "agreements" if act == "discard" else f"agreements/{agreement_id}/{version}"
        return back(organisation_id, place)


def _can(session: Session, actor: Actor, one: Standing) -> Mapping[str, bool]:
    """What the registry may do with a version now; the use cases ask again."""
    own = listing.own_id(session, actor.organisation_id) or ""
    other = one.agreement.other(own).id
    mine, theirs = one.signed_by(own), one.signed_by(other)
    offered = theirs is not None and theirs.holds
    drafted = one.kept.drafted_by == actor.organisation_id
    bound = mine is not None and mine.holds and offered
    return {
        "sign": (mine is None or not mine.holds) and (drafted or offered),
        "discard": mine is None and drafted,
        "end": bound and all(notice.party_id != own for notice in one.endings),
        "amend": bound,
    }


def _choices(session: Session, registry_id: str, given: AgreementForm) -> _Choices:
    own = listing.own_id(session, registry_id)
    known = [one for one in trust.issuers(session) if one.trusted and one.id != own]
    policies = [f"{one.policy_id} {one.version}" for one in adoption.adopted(session, registry_id)]
    return _Choices(
        registries=[one for one in known if _REGISTRIES in one.id],
        issuers=[one for one in known if _REGISTRIES not in one.id and ":" in one.id[8:]],
        policies=policies,
        given=given,
    )


def _number(name: str, text: str) -> int:
    with contextlib.suppress(ValueError):
        if len(text.strip()) <= 7:
            return int(text)
    mend = "Give a whole number."
    raise Invalid(mend, fields=[FieldProblem(f"/{name}", "number", mend)])


def _day(text: str) -> date:
    with contextlib.suppress(ValueError):
        return date.fromisoformat(text.strip())
    mend = "Write the last day as 2026-05-31."
    raise Invalid(mend, fields=[FieldProblem("/ends_on", "date-form", mend)])
