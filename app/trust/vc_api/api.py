"""The VC API over HTTP (W3C VCALM): the routes of the conformance profile.

Contract of the public suites: 201 with the credential; 200 with ``verified: true``; 400 with
``errors`` for every defect. All routes are public, for the issuer here stands for nobody.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from app.identity.access import Guard
from app.platform import clock
from app.proof.errors import ProofError
from app.proof.parse import Object, dump
from app.trust.signer import Signer
from app.trust.vc_api import presentations, wire
from app.trust.vc_api.issuer import ConformanceIssuer
from app.trust.vc_api.verifier import believing, options_for
from app.verification.bundle import Bundle
from app.verification.model import Outcome, Report
from app.verification.presentation import verify_presentation
from app.verification.verify import verify

logger = structlog.get_logger(__name__)
NOT_FOR_PRODUCTION = (
    "OPENCPD_VC_API=conformance: this node signs for anybody and believes every did:key. "
    "It is for conformance tests and NOT FOR PRODUCTION USE."
)
_SIGNED = "proof.signature"
_ABOUT_OTHERS = wire.Excused(advisory=frozenset({"holder.subject"}))
"""VC Data Model 2.0, section 4.13: one may present what others were given."""


async def _body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_body)]


def build_router(
    *,
    bundle: Callable[[datetime], Bundle],
    guard: Guard,
    signer: Signer,
    public_url: str,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """The routes; says loudly what they are."""
    logger.critical(NOT_FOR_PRODUCTION)  # no log level leaves this out
    router = APIRouter(tags=["conformance"], dependencies=[Depends(guard.public)])
    issuer = ConformanceIssuer(signer, public_url=public_url)

    def known(at: datetime) -> Bundle:
        return believing(bundle(at), lists=issuer.status_lists(at=at))

    _offer_issuing(router, issuer=issuer, known=known, now=now)
    _offer_verifying(router, known=known, now=now)
    _offer_status(router, issuer=issuer, now=now)
    return router


def _offer_issuing(
    router: APIRouter,
    *,
    issuer: ConformanceIssuer,
    known: Callable[[datetime], Bundle],
    now: Callable[[], datetime],
) -> None:
    @router.post("/credentials/issue", status_code=201, max_body_size=wire.MAX_BYTES)
    def issue(body: Body) -> JSONResponse:
        """Secure a credential, and verify it before it leaves."""
        at = now()
        try:
            credential, wanted = wire.to_issue(body)
            secured = issuer.issue(credential, wanted=wanted, at=at)
            _check_own(_report(wire.ToVerify(dump(secured), secured), known(at), at))
        except ProofError as error:
            return JSONResponse(wire.refusal(error), 400)
        return JSONResponse({"verifiableCredential": secured}, 201)


def _offer_verifying(
    router: APIRouter, *, known: Callable[[datetime], Bundle], now: Callable[[], datetime]
) -> None:
    @router.post("/credentials/verify", max_body_size=wire.MAX_BYTES)
    def verify_credential(body: Body) -> JSONResponse:
        """Verify a credential."""
        at = now()
        try:
            asked = wire.to_verify(body, member="verifiableCredential")
            answer = wire.answer(_report(asked, known(at), at).checks)
        except ProofError as error:
            return JSONResponse(wire.refusal(error), 400)
        return JSONResponse(answer, 200 if answer["verified"] else 400)

    @router.post("/presentations/verify", max_body_size=presentations.MAX_BYTES)
    def verify_shown(body: Body) -> JSONResponse:
        """Verify a presentation; whom its credentials are about is told and decides nothing."""
        at = now()
        try:
            asked = wire.to_verify(body, member=presentations.MEMBER, limits=presentations.LIMITS)
            options = options_for(asked.document, challenge=asked.challenge, domain=asked.domain)
            report = verify_presentation(asked.data, bundle=known(at), at=at, options=options)
        except ProofError as error:
            return JSONResponse(wire.refusal(error), 400)
        answer = wire.presentation_answer(report, excused=_ABOUT_OTHERS)
        return JSONResponse(answer, 200 if answer["verified"] else 400)


def _offer_status(
    router: APIRouter, *, issuer: ConformanceIssuer, now: Callable[[], datetime]
) -> None:
    @router.post("/credentials/status", max_body_size=wire.MAX_BYTES)
    def change_status(body: Body) -> JSONResponse:
        """Set or clear the status of a credential that was issued here."""
        try:
            credential_id, purpose, on = wire.to_change(body)
        except ProofError as error:
            return JSONResponse(wire.refusal(error), 400)
        issuer.set_status(credential_id, purpose, on=on)
        return JSONResponse({"credentialId": credential_id, "statusPurpose": purpose, "status": on})

    @router.get("/credentials/status/{name}")
    def status_list(name: str) -> JSONResponse:
        """A status list, signed as it stands."""
        document: Object = issuer.status_credential(name, at=now())
        return JSONResponse(document, headers={"Cache-Control": "no-store"})


def _report(asked: wire.ToVerify, bundle: Bundle, at: datetime) -> Report:
    options = options_for(asked.document, challenge=asked.challenge, domain=asked.domain)
    return verify(asked.data, bundle=bundle, at=at, options=options)


def _check_own(report: Report) -> None:
    """What was just signed must verify; that it is not valid yet, or no more, is its own affair."""
    for check in report.checks:
        if check.outcome is not Outcome.PASS:
            raise ProofError("issued-unverifiable", f"{check.code}: {check.detail}")
        if check.code == _SIGNED:
            return
