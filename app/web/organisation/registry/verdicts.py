"""The form of a verdict, as it is sent and as it is shown again."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.platform.problems import FieldProblem, Invalid
from app.recognition.deciding.facts import Supplement
from app.recognition.deciding.model import Approval
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Judged, Submission, Verdict
from app.recognition.policies.model import Policy

_TEXTS = (
    "judged", "note", "amount", "rule", "category", "holder_confirmed", "issuer_tags",
    "competences", "tags", "languages", "measure", "size", "approval_body", "approval_number",
    "reason", "upheld", "agree",
)  # fmt: skip
_CRITERIA = (
    "organiser", "assessed", "participation_proof", "subject_area", "objectives", "delivery_mode",
    "assessment_mechanism", "evaluation_process",
)  # fmt: skip


def texts(form: FormData) -> dict[str, str]:
    """The texts of the form, for reading it and for showing it again."""
    found = {name: form.get(name) for name in _TEXTS}
    return {name: value.strip() for name, value in found.items() if isinstance(value, str)}


def verdict(form: FormData) -> Verdict:
    """What the form says. Raises ``Invalid`` naming each bad field."""
    given = texts(form)
    problems: list[FieldProblem] = []
    try:
        judged = Judged(given.get("judged", ""))
    except ValueError:
        problems.append(FieldProblem("/judged", "judged", "Choose what you propose."))
        judged = Judged.EVALUATE
    accepted = judged is Judged.ACCEPT
    amount = _amount(given.get("amount", ""), "amount", problems) if accepted else None
    supplement = _supplement(form, given, problems)
    if problems:
        raise Invalid("The proposal cannot be kept like this.", fields=problems)
    return Verdict(
        judged,
        amount=amount,
        category=(given.get("category") or None) if accepted else None,
        rule=(given.get("rule") or None) if accepted else None,
        supplement=None if supplement == Supplement() else supplement,
        holder_confirmed=given.get("holder_confirmed") == "yes",
    )


def choices(session: Session, submission: Submission, policy: Policy | None) -> Mapping[str, Any]:
    """What the form offers."""
    wanted = [name for one in policy.delivery.values() for name in one.require] if policy else []
    return {
        "judgements": list(Judged),
        "rules": [one.id for one in policy.rules] if policy else [],
        "categories": sorted(ledger.categories(policy)) if policy else [],
        "criteria": sorted({*_CRITERIA, *wanted}),
        "measures": ledger.MEASURES,
    }


def _supplement(
    form: FormData, given: Mapping[str, str], problems: list[FieldProblem]
) -> Supplement:
    measure, size = given.get("measure", ""), given.get("size", "")
    amount = _amount(size, "size", problems) if measure else None
    body, number = given.get("approval_body", ""), given.get("approval_number", "")
    shown = [one for one in form.getlist("delivery") if isinstance(one, str)]
    return Supplement(
        measures={measure: amount} if measure and amount is not None else {},
        tags=_codes(given.get("tags", "")),
        competences=_codes(given.get("competences", "")),
        languages=_codes(given.get("languages", "")),
        issuer_tags=_codes(given.get("issuer_tags", "")),
        approvals=(Approval(body, number),) if body or number else (),
        delivery=dict.fromkeys(shown, True),
    )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.replace("،", ",").split(",") if one.strip())


def _amount(text: str, name: str, problems: list[FieldProblem]) -> Fraction | None:
    """An exact amount: ``2``, ``1.5`` or ``8/5``; short, so that nobody sends a number of miles."""
    try:
        if len(text) <= 40 and "e" not in text.casefold():
            return Fraction(text.replace(" ", ""))
    except (ValueError, ZeroDivisionError):
        pass
    problems.append(FieldProblem(f"/{name}", "amount-form", "Write it as 2, 1.5 or 8/5."))
    return None
