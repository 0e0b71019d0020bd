"""From a decision to a letter in one language or two. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from babel.dates import format_date

from app.proof.parse import JSON
from app.recognition.deciding import words
from app.recognition.ledger.model import Cause, DecisionMade
from app.records.certificate.languages import LANGUAGES, Language

_FIRST_STRONG, _END = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class Matter:
    """What a letter is about."""

    registry: str
    number: str
    name: str
    """The registrant's, as the register has it."""
    title: str
    issuer: str
    record_id: str
    decision: DecisionMade
    before: DecisionMade | None
    """The decision whose place this one takes."""
    unit: str | None
    address: str
    """Where the registrant sees records and appeals."""


@dataclass(frozen=True, slots=True)
class Part:
    """The letter in one language."""

    language: Language
    title: str
    facts: Sequence[tuple[str, str]]
    told: str
    reasons: Sequence[str]
    after: Sequence[str]
    """What came before, and who decided."""
    steps_title: str
    steps: Sequence[tuple[str, str]]
    """Each gate and what it found."""
    rights: Sequence[str]
    foot: Sequence[str]


def part(matter: Matter, tag: str) -> Part:
    """The letter in a language of ``words.LANGUAGES``."""
    text, made = _texts(tag), matter.decision
    return Part(
        language=LANGUAGES[tag],
        title=text["title"],
        facts=tuple(_facts(matter, tag)),
        told=words.say_outcome(made.decision.outcome, tag),
        reasons=tuple(words.say(reason, tag) for reason in made.decision.reasons),
        after=tuple(_after(matter, tag)),
        steps_title=text["steps"],
        steps=tuple(
            (words.name("gate", step.gate.value, tag), words.say(step, tag))
            for step in made.decision.trace
        ),
        rights=(text["rights"], _filled(text["where"], tag, address=matter.address)),
        foot=(_filled(text["repeat"], tag, hash=made.decision.policy_hash or "–"),),
    )


def values(matter: Matter, tags: Sequence[str]) -> dict[str, JSON]:
    """The values of ``letter.typ``."""
    return {"registry": matter.registry, "parts": [_printed(part(matter, tag)) for tag in tags]}


def _printed(one: Part) -> dict[str, JSON]:
    return {
        "direction": one.language.direction,
        "lang": list(one.language.typst),
        "fonts": list(one.language.fonts),
        "title": one.title,
        "facts": [list(pair) for pair in one.facts],
        "told": one.told,
        "reasons": list(one.reasons),
        "after": list(one.after),
        "steps_title": one.steps_title,
        "steps": [f"{gate}: {said}" for gate, said in one.steps],
        "rights": list(one.rights),
        "foot": list(one.foot),
    }


def _facts(matter: Matter, tag: str) -> Iterator[tuple[str, str]]:
    text, made = _texts(tag), matter.decision
    decision = made.decision
    yield text["number"], matter.number
    yield text["name"], matter.name
    yield text["day"], _day(made.at.date(), tag)
    yield text["reference"], made.id
    yield text["activity"], matter.title
    if matter.issuer:
        yield text["issuer"], matter.issuer
    yield text["completed"], _day(made.facts.completed, tag)
    yield text["record"], matter.record_id
    yield text["result"], words.name("outcome", decision.outcome.value, tag)
    if decision.credited is not None:
        amount = words.amount(decision.credited, tag)
        yield text["counted"], f"{amount} {matter.unit}" if matter.unit else amount
    if decision.category:
        yield text["category"], decision.category
    if decision.rule:
        yield text["line"], decision.rule
    if decision.policy_id:
        version = {"policy": decision.policy_id, "version": str(decision.policy_version)}
        yield text["rules"], _filled(text["version"], tag, **version)


def _after(matter: Matter, tag: str) -> Iterator[str]:
    text, made = _texts(tag), matter.decision
    if matter.before is not None:
        yield _filled(
            text["replaces"],
            tag,
            day=_day(matter.before.at.date(), tag),
            outcome=words.name("outcome", matter.before.decision.outcome.value, tag),
        )
    if made.cause is not Cause.SUBMITTED:
        yield text[f"cause_{made.cause.value}"]
    if made.decision.used:
        figures = ", ".join(
            f"{cap} {words.amount(used, tag)}" for cap, used in made.decision.used.items()
        )
        yield _filled(text["used"], tag, figures=figures)
    yield text["by_people" if made.verdict is not None else "by_rules"]


def _filled(text: str, tag: str, **given: str) -> str:
    """The text with its places filled; what is filled in keeps a direction of its own."""
    rtl = LANGUAGES[tag].direction == "rtl"
    start, end = (_FIRST_STRONG, _END) if rtl else ("", "")
    return text.format(**{name: f"{start}{value}{end}" for name, value in given.items()})


def _day(day: date, tag: str) -> str:
    return str(format_date(day, "long", locale=LANGUAGES[tag].locale))


@cache
def _texts(tag: str) -> Mapping[str, str]:
    read: Mapping[str, Any] = json.loads(
        files(__package__).joinpath(f"texts/{tag}.json").read_text(encoding="utf-8")
    )
    return read
