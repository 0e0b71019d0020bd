"""What goes in and out of the VC API (W3C VCALM, section 3). Pure.

A body is read strictly. Whatever is wrong with it is a ``ProofError``, and becomes 400 with
``errors`` that say what; no answer says 200 and ``verified: false``.
"""

from dataclasses import dataclass
from typing import Any

from app.proof.data_integrity import CRYPTOSUITE
from app.proof.errors import ProofError
from app.proof.parse import Limits, Object, dump, load_object
from app.trust.vc_api.issuer import PURPOSES, SUITES, Wanted
from app.verification import reading
from app.verification.model import Check, Outcome

MAX_BYTES = 256 * 1024
_LIMITS = Limits(size=MAX_BYTES)
_PROOF_OPTIONS = frozenset({"challenge", "domain", "expires", "nonce", "id", "previousProof"})


@dataclass(frozen=True, slots=True)
class ToVerify:
    """A credential or a presentation that somebody wants verified."""

    data: bytes
    document: Object | None
    """The same as an object; absent for a compact token."""
    challenge: str | None = None
    domain: str | None = None


def to_issue(body: bytes) -> tuple[Object, Wanted]:
    """Read the body of ``POST /credentials/issue``."""
    members = load_object(body, limits=_LIMITS)
    options = _options(members)
    suite = reading.optional_text(options, "cryptosuite") or CRYPTOSUITE
    if suite not in SUITES:
        known = ", ".join(SUITES)
        raise ProofError("option", f"options.cryptosuite {suite!r} is none of {known}.")
    chosen = {name: value for name, value in options.items() if name in _PROOF_OPTIONS}
    purpose = None
    if "credentialStatus" in options:
        purpose = _purpose(reading.nested(options, "credentialStatus"))
    return reading.nested(members, "credential"), Wanted(suite, purpose, chosen or None)


def to_verify(body: bytes, *, member: str) -> ToVerify:
    """Read the body of ``POST /credentials/verify`` or ``POST /presentations/verify``."""
    members = load_object(body, limits=_LIMITS)
    options = _options(members)
    value = members.get(member)
    challenge = reading.optional_text(options, "challenge")
    domain = reading.optional_text(options, "domain")
    if isinstance(value, dict):
        return ToVerify(dump(value), value, challenge, domain)
    if not isinstance(value, str) or value.lstrip().startswith("{"):
        raise ProofError("member-kind", f"{member!r} must be an object, or a compact token.")
    return ToVerify(value.encode(), None, challenge, domain)


def to_change(body: bytes) -> tuple[str, str, bool]:
    """Read the body of ``POST /credentials/status``: which credential, which purpose, set or not."""
    members = load_object(body, limits=_LIMITS)
    entry = reading.nested(members, "credentialStatus")
    on = members.get("status", True)
    if not isinstance(on, bool):
        raise ProofError("member-kind", "'status' must be true or false.")
    return reading.text(members, "credentialId"), _purpose(entry), on


def refusal(error: ProofError) -> dict[str, Any]:
    """The answer to what could not be taken."""
    errors = [{"code": error.code, "detail": error.message}]
    return {"verified": False, "checks": [], "warnings": [], "errors": errors}


def shown(check: Check) -> dict[str, Any]:
    """One check as the API gives it."""
    return {
        "number": check.number,
        "check": check.code,
        "title": check.title,
        "outcome": check.outcome.value,
        "detail": check.detail,
    }


def answer(checks: list[Check]) -> dict[str, Any]:
    """The answer to a verification; only a pass of every check is ``verified``."""
    errors = [shown(check) for check in checks if check.outcome is not Outcome.PASS]
    return {
        "verified": not errors,
        "checks": [shown(check) for check in checks],
        "warnings": [],
        "errors": errors,
    }


def _options(members: Object) -> Object:
    return reading.nested(members, "options") if "options" in members else {}


def _purpose(entry: Object) -> str:
    purpose = reading.optional_text(entry, "statusPurpose") or PURPOSES[0]
    if entry.get("type", "BitstringStatusListEntry") != "BitstringStatusListEntry":
        raise ProofError("option", "A credentialStatus here is a BitstringStatusListEntry.")
    if purpose not in PURPOSES:
        raise ProofError("option", f"A statusPurpose here is one of {', '.join(PURPOSES)}.")
    return purpose
