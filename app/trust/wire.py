"""What goes in and out of ``POST /credentials/verify`` (W3C VC API, section 3.3). Pure."""

import json
from dataclasses import dataclass
from typing import Any

from app.proof.errors import ProofError
from app.proof.parse import Limits, load
from app.verification.model import Outcome, Report

_ENVELOPE = Limits(size=256 * 1024)

_REPORT = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["verified"],
            "properties": {
                "verified": {"type": "boolean"},
                "checks": {
                    "type": "array",
                    "description": "Every check by its number, with its outcome and why.",
                    "items": {"type": "object"},
                },
                "errors": {
                    "type": "array",
                    "description": "What stands in the way; not empty unless `verified`.",
                    "items": {},
                },
            },
        }
    }
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Accepted.", "content": _REPORT},
    400: {"description": "Not accepted; `errors` says why.", "content": _REPORT},
}
"""What verifying answers, for the description of the API: never 200 for what is not verified."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request wants verified."""

    record: bytes
    receipt: bool = False
    """Whether the answer is to carry a signed receipt."""


def asked_of(body: bytes) -> Asked:
    """Read a request's body: the record in it, or the body itself when it is not wrapped.

    A wrapped JSON record is written out again from its strictly parsed value: its proof covers the
    data and not the bytes, and what could be read in two ways was refused by the parser.
    """
    try:
        value = load(body, limits=_ENVELOPE)
    except ProofError:
        return Asked(body)  # a JWT, or nothing readable: the first check says so
    if not isinstance(value, dict) or "verifiableCredential" not in value:
        return Asked(body)
    wrapped, options = value["verifiableCredential"], value.get("options")
    receipt = isinstance(options, dict) and options.get("receipt") is True
    if isinstance(wrapped, str):
        return Asked(wrapped.encode(), receipt)
    return Asked(json.dumps(wrapped, ensure_ascii=False).encode(), receipt)


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
