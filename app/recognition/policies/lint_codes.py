"""Codes in a policy that no record and no desk can state, or that the policy itself never gives."""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from langcodes import tag_is_valid

from app.recognition.policies import codes
from app.recognition.policies.finding import Found, found
from app.recognition.policies.model import Policy
from app.recognition.policies.text import Path

_Asked = Iterator[tuple[Path, str]]


def _unknown(what: str, asked: Iterable[tuple[Path, str]], known: Sequence[str]) -> Iterator[Found]:
    for path, code in asked:
        if code not in known:
            near = get_close_matches(code, known, n=1)
            mend = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}."
            yield found(f"unknown-{what}", path, f"No record states the {what} {code}.", mend)


def _kinds(policy: Policy) -> _Asked:
    for number, rule in enumerate(policy.rules):
        yield from _each(("map", number, "when", "kind_in"), rule.when.kind_in)
    if policy.scope is not None:
        yield from _each(("scope", "kinds"), policy.scope.kinds)
    yield from _each(("issuers", "applies_to_kinds"), policy.issuers.applies_to_kinds)


def _tags(policy: Policy) -> _Asked:
    for number, rule in enumerate(policy.rules):
        if rule.when.tag is not None:
            yield ("map", number, "when", "tag"), rule.when.tag
    yield from _each(("content", "exclude_if_all_tags_in"), policy.excluded_tags)
    for number, tag_rule in enumerate(policy.tag_rules):
        yield ("tag_rules", number, "tag"), tag_rule.tag
    for number, minimum in enumerate(policy.cycle.minimums if policy.cycle else ()):
        if minimum.tag is not None:
            yield ("cycle", "minimums", number, "tag"), minimum.tag


def _competences(policy: Policy) -> _Asked:
    if policy.required_competences is not None:
        yield from _each(("required_competences", "any_of"), policy.required_competences.any_of)
    for number, rule in enumerate(policy.tag_rules):
        path = ("tag_rules", number, "requires_any_competence")
        yield from _each(path, rule.requires_any_competence)


def _measures(policy: Policy) -> _Asked:
    for number, rule in enumerate(policy.rules):
        if rule.measure is not None:
            yield ("map", number, "measure"), rule.measure
        if rule.when.has_measure is not None:
            yield ("map", number, "when", "has_measure"), rule.when.has_measure


def _roles(policy: Policy) -> _Asked:
    for number, rule in enumerate(policy.rules):
        if rule.when.role is not None:
            yield ("map", number, "when", "role"), rule.when.role


def _modes(policy: Policy) -> _Asked:
    for number, rule in enumerate(policy.rules):
        if rule.when.mode is not None:
            yield ("map", number, "when", "mode"), rule.when.mode
    for mode in policy.delivery:
        yield ("delivery", mode), mode


def _each(path: Path, given: Iterable[str] | None) -> _Asked:
    for number, code in enumerate(given or ()):
        yield (*path, number), code


def _codes(policy: Policy) -> Iterator[Found]:
    yield from _unknown("kind", _kinds(policy), codes.KINDS)
    yield from _unknown("mode", _modes(policy), codes.MODES)
    yield from _unknown("role", _roles(policy), codes.ROLES)
    yield from _unknown("tag", _tags(policy), codes.TAGS)
    yield from _unknown("competence", _competences(policy), codes.COMPETENCES)
    known = (*codes.MEASURES, *codes.SUPPLIED_MEASURES)
    yield from _unknown("measure", _measures(policy), known)


def _supplied(policy: Policy) -> Iterator[Found]:
    for number, rule in enumerate(policy.rules):
        if rule.measure in codes.SUPPLIED_MEASURES:
            said = f"No record states {rule.measure}; a person adds it from the evidence."
            mend = "If that is meant, leave it."
            yield found("measure-supplied", ("map", number, "measure"), said, mend)


def _delivery(policy: Policy) -> Iterator[Found]:
    for mode, rule in policy.delivery.items():
        for number, one in enumerate(rule.require):
            if one not in codes.DELIVERY:
                path = ("delivery", mode, "require", number)
                said = f"No record can show {one}, so every one of this mode ends here."
                mend = f"Known are: {', '.join(codes.DELIVERY)}."
                yield found("delivery-unstated", path, said, mend)


def _languages(policy: Policy) -> Iterator[Found]:
    if policy.languages is None:
        return
    if not policy.languages.accept:
        said = "No language is accepted."
        yield found("language-none", ("languages", "accept"), said, "Name some, or leave it out.")
    for number, tag in enumerate(policy.languages.accept):
        if not tag_is_valid(tag):
            path = ("languages", "accept", number)
            said = f"{tag} is no language tag (BCP 47)."
            yield found("unknown-language", path, said, "Write one such as en or zh-Hans.")


def _categories(policy: Policy) -> Iterator[Found]:
    given = {rule.category for rule in policy.rules if rule.category is not None}
    if policy.regime is not None:
        return
    for path, category in _asked_categories(policy):
        if category not in given:
            said = f"No line of the table gives the category {category}."
            mend = f"Given are: {', '.join(sorted(given)) or 'none'}."
            yield found("unknown-category", path, said, mend)


def _asked_categories(policy: Policy) -> _Asked:
    for number, cap in enumerate(policy.caps):
        if cap.category is not None:
            yield ("caps", number, "category"), cap.category
    if policy.cycle is None:
        return
    for number, minimum in enumerate(policy.cycle.minimums):
        if minimum.category is not None:
            yield ("cycle", "minimums", number, "category"), minimum.category
    for group, members in policy.cycle.category_groups.items():
        yield from _each(("cycle", "category_groups", group), members)


CHECKS = (_codes, _supplied, _delivery, _languages, _categories)
