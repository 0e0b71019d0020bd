"""What goes in and out of ``POST /credentials/verify`` (W3C VC API, section 3.3). Pure."""

import json
from typing import Any

from app.proof.errors import ProofError
from app.proof.parse import Limits, load
from app.verification.model import Outcome, Report

_ENVELOPE = Limits(size=256 * 1024)


def record_of(body: bytes) -> bytes:
    """The record inside a request's body; the body itself when it is not wrapped.

    A wrapped JSON record is written out again from its strictly parsed value: its proof covers the
    data and not the bytes, and what could be read in two ways was refused by the parser.
    """
    try:
        value = load(body, limits=_ENVELOPE)
    except ProofError:
        return body  # a JWT, or nothing readable: the first check says so
    if not isinstance(value, dict) or "verifiableCredential" not in value:
        return body
    wrapped = value["verifiableCredential"]
    if isinstance(wrapped, str):
        return wrapped.encode()
    return json.dumps(wrapped, ensure_ascii=False).encode()


def answer_of(report: Report) -> dict[str, Any]:
    """The report as the VC API gives it; only a pass of every check is ``verified``."""
    checks = [
        {
            "number": check.number,
            "check": check.code,
            "title": check.title,
            "outcome": check.outcome.value,
            "detail": check.detail,
        }
        for check in report.checks
    ]
    errors = [check for check in checks if check["outcome"] != Outcome.PASS.value]
    return {"verified": not errors, "checks": checks, "warnings": [], "errors": errors}
