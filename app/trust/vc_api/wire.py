"""What goes in and out of the VC API (W3C VCALM, section 3). Pure.

A body is read strictly. Whatever is wrong with it is a ``ProofError``, and becomes 400 with
``errors`` that say what; no answer says 200 and ``verified: false``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.proof.data_integrity import CRYPTOSUITE
from app.proof.errors import ProofError
from app.proof.parse import Limits, Object, dump, load_object
from app.trust.vc_api.issuer import PURPOSES, SUITES, Wanted
from app.verification import reading
from app.verification.model import Check, Outcome, PresentationReport

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
    tolerate: frozenset[str] = frozenset()
    """Codes of checks whose ``unknown`` the caller puts up with."""


@dataclass(frozen=True, slots=True)
class Excused:
    """Checks that need not pass for ``verified``; they are shown as ``warnings``."""

    unknown: frozenset[str] = frozenset()
    """Codes whose ``unknown`` is put up with."""
    advisory: frozenset[str] = frozenset()
    """Codes that are told and decide nothing."""

    def excuses(self, check: Check) -> bool:
        """Whether a check that did not pass is put up with."""
        if check.code in self.advisory:
            return True
        return check.outcome is Outcome.UNKNOWN and check.code in self.unknown


_NOTHING = Excused()


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


def to_verify(body: bytes, *, member: str, limits: Limits = _LIMITS) -> ToVerify:
    """Read the body of ``POST /credentials/verify`` or ``POST /presentations/verify``."""
    members = load_object(body, limits=limits)
    options = _options(members)
    value = members.get(member)
    challenge = reading.optional_text(options, "challenge")
    domain = reading.optional_text(options, "domain")
    tolerate = frozenset(reading.texts(options.get("tolerate")))
    if isinstance(value, dict):
        return ToVerify(dump(value), value, challenge, domain, tolerate)
    if not isinstance(value, str) or value.lstrip().startswith("{"):
        raise ProofError("member-kind", f"{member!r} must be an object, or a compact token.")
    return ToVerify(value.encode(), None, challenge, domain, tolerate)


def to_change(body: bytes) -> tuple[str, str, bool]:
    """Read ``POST /credentials/status``: which credential, which purpose, set or not."""
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


def answer(checks: Iterable[Check], *, excused: Excused = _NOTHING) -> dict[str, Any]:
    """The answer to a verification: ``verified`` when every check passed or is excused."""
    made = list(checks)
    missed = [check for check in made if check.outcome is not Outcome.PASS]
    errors = [shown(check) for check in missed if not excused.excuses(check)]
    return {
        "verified": not errors,
        "checks": [shown(check) for check in made],
        "warnings": [shown(check) for check in missed if excused.excuses(check)],
        "errors": errors,
    }


def presentation_answer(
    report: PresentationReport, *, excused: Excused = _NOTHING
) -> dict[str, Any]:
    """The answer for a presentation, with one for each credential in it."""
    inner = [answer(held.checks, excused=excused) for held in report.credentials]
    outer = answer(report.checks, excused=excused)
    return {
        **outer,
        "verified": outer["verified"] and all(held["verified"] for held in inner),
        "errors": outer["errors"] + [error for held in inner for error in held["errors"]],
        "credentialResults": inner,
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
