"""From a policy's text to a ``Policy``, strictly: every fault with its line and its mend."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import available_timezones

import rfc8785
from pydantic import ValidationError

from app.recognition.policies import wire
from app.recognition.policies.model import (
    ApprovalRule,
    Basis,
    Cap,
    Competences,
    Cycle,
    Delivery,
    Issuers,
    Languages,
    Minimum,
    Mode,
    Policy,
    Rounding,
    Rule,
    Scope,
    Span,
    Status,
    TagRule,
    When,
    Window,
)
from app.recognition.policies.text import (
    Fault,
    Path,
    PolicyInvalid,
    Source,
    path_of,
    read_text,
)

__all__ = ["Fault", "PolicyInvalid", "read_document", "read_policy"]

_MENDS = {
    "extra_forbidden": "Mend its name, or leave it out.",
    "missing": "Add it.",
}


def read_policy(text: str) -> Policy:
    """Read a policy from YAML or JSON. Raises ``PolicyInvalid``."""
    return _read(read_text(text))


def read_document(document: Mapping[str, Any]) -> Policy:
    """Read a policy from plain values, such as parsed JSON. Raises ``PolicyInvalid``."""
    return _read(Source(document, {}))


def hash_of(document: Mapping[str, Any]) -> str:
    """What names a document's rules: SHA-256 of its canonical JSON without its status."""
    rules = {name: value for name, value in document.items() if name != "status"}
    return hashlib.sha256(rfc8785.dumps(rules)).hexdigest()


def _read(source: Source) -> Policy:
    try:
        part = wire.PolicyDocument.model_validate(source.document)
    except ValidationError as error:
        raise PolicyInvalid([*_faults(error, source)]) from error
    faults = [
        Fault(source.line(path), path_of(path), code, detail, mend)
        for path, code, detail, mend in _unsound(part)
    ]
    if faults:
        raise PolicyInvalid(faults)
    return _policy(part, source.document)


def _faults(error: ValidationError, source: Source) -> Iterator[Fault]:
    for found in error.errors(include_url=False, include_input=False):
        # Where a text or a number would do, pydantic names each try at the end of the place.
        path: Path = tuple(found["loc"])
        code = found["type"].replace("_", "-")
        detail = str(found.get("ctx", {}).get("error") or found["msg"])
        detail = detail[:1].upper() + detail[1:] + ("" if detail.endswith(".") else ".")
        if found["type"] == "extra_forbidden":
            detail = f"A policy has no `{path[-1]}` here."
        elif found["type"] == "missing":
            detail = f"`{path[-1]}` is missing."
        elif found["type"] == "tuple_type":
            detail = "It must be a list."
        mend = _MENDS.get(found["type"], "")
        yield Fault(source.line(path), path_of(path), code, detail, mend)


_Unsound = Iterator[tuple[Path, str, str, str]]


def _unsound(part: wire.PolicyDocument) -> _Unsound:
    """What is wrong between the members of a document whose form is right."""
    if part.regime is None:
        if not part.map:
            yield ("map",), "no-table", "There is no line in the table.", "Add one, or a regime."
        if part.unit is None:
            yield ("unit",), "no-unit", "What is counted has no unit.", "Name it."
    if part.time_zone not in available_timezones():
        said = f"There is no time zone {part.time_zone}."
        yield ("time_zone",), "time-zone", said, "Write one such as Asia/Shanghai."
    for name, spans in (("valid", part.valid), ("window", part.window)):
        if spans and spans.from_ and spans.to and spans.to < spans.from_:
            yield (name, "to"), "span", "It ends before it begins.", "Mend the days."
    yield from _rounding(("rounding",), part.rounding)
    for number, rule in enumerate(part.map):
        yield from _rule(("map", number), rule)
    yield from _twice(("map",), [rule.id for rule in part.map])
    yield from _twice(("caps",), [cap.id for cap in part.caps])
    if part.cycle is not None:
        yield from _twice(("cycle", "minimums"), [one.id for one in part.cycle.minimums])
        for number, minimum in enumerate(part.cycle.minimums):
            yield from _minimum(("cycle", "minimums", number), minimum)


def _rule(path: Path, rule: wire.RulePart) -> _Unsound:
    counts = [rule.measure, rule.per, rule.credit, rule.category]
    if rule.decision is not None:
        if any(one is not None for one in counts):
            said = "A line that decides counts nothing."
            yield path, "rule-both", said, "Leave measure, per, credit and category out."
        if rule.reason is None:
            yield path, "rule-reason", "A line that decides says why.", "Add a `reason` code."
    elif any(one is None for one in counts):
        said = "A line that counts has measure, per, credit and category."
        yield path, "rule-part", said, "Add what is missing."
    if rule.rounding is not None:
        yield from _rounding((*path, "rounding"), rule.rounding)


def _rounding(path: Path, how: wire.RoundingPart) -> _Unsound:
    if how.mode is not Mode.NONE and how.step is None:
        yield path, "rounding-step", "Rounding needs a step.", 'Add one, such as step: "1/2".'
    if how.mode is Mode.NEAREST and how.tie is None:
        said = "Where an amount halfway goes is not said."
        yield path, "rounding-tie", said, "Add tie: up or tie: down."


def _minimum(path: Path, minimum: wire.MinimumPart) -> _Unsound:
    if minimum.category is None and minimum.tag is None:
        said = "A minimum is of a category or of a tag."
        yield path, "minimum-of", said, "Name one."
    if (minimum.min is None) == (minimum.min_share is None):
        said = "A minimum is an amount or a share."
        yield path, "minimum-amount", said, "Give `min` or `min_share`, one of them."


def _twice(path: Path, ids: list[str]) -> _Unsound:
    for number, one in enumerate(ids):
        if one in ids[:number]:
            said = f"The id {one} is there twice."
            yield (*path, number, "id"), "id-twice", said, "Give each an id of its own."


def _policy(part: wire.PolicyDocument, document: Mapping[str, Any]) -> Policy:
    words = part.status
    status = Status.ILLUSTRATIVE if words.startswith("illustrative") else Status(words)
    return Policy(
        policy_id=part.policy_id,
        policy_version=part.policy_version,
        registry=part.registry,
        status=status,
        status_note=words,
        unit=part.unit,
        issuers=Issuers(**_of(part.issuers)),
        rules=tuple(map(_rule_of, part.map)),
        hash=hash_of(document),
        document=document,
        title=part.title,
        basis=Basis(**_of(part.basis)) if part.basis else None,
        valid=Span(part.valid.from_, part.valid.to),
        time_zone=part.time_zone,
        rule_sources=part.rule_sources,
        regime=part.regime,
        self_declared=part.self_declared,
        approval=ApprovalRule(**_of(part.approval)) if part.approval else None,
        scope=Scope(**_of(part.scope)) if part.scope else None,
        window=_window(part.window) if part.window else None,
        languages=Languages(**_of(part.languages)) if part.languages else None,
        excluded_tags=part.content.exclude_if_all_tags_in if part.content else (),
        required_competences=(
            Competences(**_of(part.required_competences)) if part.required_competences else None
        ),
        delivery={mode: Delivery(**_of(one)) for mode, one in part.delivery.items()},
        rounding=Rounding(**_of(part.rounding)),
        min_award=part.min_award,
        caps=tuple(Cap(**_of(one)) for one in part.caps),
        tag_rules=tuple(TagRule(**_of(one)) for one in part.tag_rules),
        cycle=_cycle(part.cycle) if part.cycle else None,
    )


def _of(part: Any, *, without: frozenset[str] = frozenset({"note"})) -> dict[str, Any]:
    """The members of a part by name; a value of the model has the same ones."""
    names = type(part).model_fields.keys() - without
    return {name: getattr(part, name) for name in names}


def _rule_of(part: wire.RulePart) -> Rule:
    members = _of(part, without=frozenset({"when", "rounding"}))
    rounding = Rounding(**_of(part.rounding)) if part.rounding else None
    return Rule(**members, when=When(**_of(part.when)), rounding=rounding)


def _window(part: wire.WindowPart) -> Window:
    return Window(Span(part.from_, part.to), part.max_age_months)


def _cycle(part: wire.CyclePart) -> Cycle:
    remarks = frozenset({"note", "tag_rules"})
    return Cycle(
        months=part.months,
        total=part.total,
        minimums=tuple(Minimum(**_of(one, without=remarks)) for one in part.minimums),
        min_categories=part.min_categories,
        category_groups=part.category_groups,
        carry_over_max=part.carry_over_max,
        anchor=part.anchor,
        first=part.first or date(2000, 1, 1),
    )
