"""``opencpd recognise``: what one record counts for under one policy, offline, with every step."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from app.cli.common import AsJson, not_understood, opened_node, say_json
from app.cli.policy import policy_in, read_words
from app.platform import clock
from app.proof.errors import ProofError
from app.recognition.deciding import vectors_form as form
from app.recognition.deciding import words
from app.recognition.deciding.cycle import today
from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.facts import facts_of, unproven
from app.recognition.deciding.model import Binding, Decision
from app.recognition.deciding.stored import decision_as_json, facts_as_json
from app.recognition.policies.model import Policy
from app.recognition.policies.text import PolicyInvalid, read_text
from app.trust import service as trust
from app.verification import Bundle, Options, command, files, saying
from app.verification.forms import find_record
from app.verification.verify import verify

cli = typer.Typer()

Part = TypeVar("Part", bound=BaseModel)


@cli.command("recognise")
def recognise(
    record: Annotated[str, typer.Argument(help="A record as verify takes it; - for input.")],
    policy_file: Annotated[Path, typer.Option("--policy", help="The registry's policy.")],
    ledger_file: Annotated[
        Path | None,
        typer.Option("--ledger", help="What has counted already: used, record_ids, ..."),
    ] = None,
    seen_file: Annotated[
        Path | None,
        typer.Option("--seen", help="What the registry knows beside: issuer_tags, approvals, ..."),
    ] = None,
    issuer_tag: Annotated[
        list[str] | None, typer.Option(help="A tag of the issuer at the registry; may be repeated.")
    ] = None,
    bound: Annotated[
        bool, typer.Option("--bound", help="The record's holder is the registrant; you say so.")
    ] = False,
    bundle: Annotated[
        str | None, typer.Option(help="A trust bundle; by default what this node knows.")
    ] = None,
    publisher_key: Annotated[
        list[str] | None, typer.Option(help="Believe the bundle only if this key signed it.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="Decide as of this time; by default now.")] = None,
    language: Annotated[
        str, typer.Option(help=f"The language of the sentences: {', '.join(words.LANGUAGES)}.")
    ] = "en",
    as_json: AsJson = False,
) -> None:
    """Decide what a record counts for under a policy. Exit code 0 counted, 1 not, 2 unreadable."""
    policy = policy_in(policy_file)
    ledger = _part(ledger_file, form.LedgerPart).ledger()
    given = _part(seen_file, form.SeenPart)
    tags = (*given.issuer_tags, *(issuer_tag or ()))
    holder = Binding.BOUND if bound else given.holder
    seen = given.model_copy(update={"issuer_tags": tags, "holder": holder}).seen()
    if language not in words.LANGUAGES:
        raise not_understood(f"--language is one of {', '.join(words.LANGUAGES)}")
    asked = _verifying(record, bundle, publisher_key or (), at)
    moment = asked.at or clock.now()
    try:
        data = find_record(files.read(record))
        trusted = _bundle(asked, at=moment)
    except ProofError as error:
        raise not_understood(f"{record}: {error.message}") from error
    except files.NotUnderstood as error:
        raise not_understood(str(error)) from error
    report = verify(data, bundle=trusted, at=moment, options=Options())
    if saying.verdict(report) == saying.UNREADABLE:
        raise not_understood(f"{record} is not a record:\n{saying.in_full(report)}")
    day = today(policy, moment)
    facts = facts_of(report, seen=seen) or unproven(report, on=day)
    decision = evaluate(policy, facts, ledger, today=day)
    if as_json:
        decided = {**decision_as_json(decision), "decides": policy.decides}
        said = [words.say(step, language) for step in decision.trace]
        say_json({**decided, "facts": facts_as_json(facts), "sentences": said})
    else:
        typer.echo("\n".join(_told(policy, decision, language)))
    raise typer.Exit(0 if decision.outcome.counts else 1)


def _verifying(
    record: str, bundle: str | None, publisher_keys: Sequence[str], at: str | None
) -> command.Asked:
    """What ``opencpd verify`` makes of the options that the two share."""
    arguments = [f"--publisher-key={key}" for key in publisher_keys]
    arguments += [f"--bundle={bundle}"] if bundle is not None else []
    arguments += [f"--at={at}"] if at is not None else []
    return command.ask([*arguments, "--", record])


def _bundle(asked: command.Asked, *, at: datetime) -> Bundle:
    if asked.bundle is not None:
        return command.open_named(asked.bundle, asked)
    with opened_node() as node, node.database.read() as session:
        return trust.bundle(session, at=at)


def _part(file: Path | None, shape: type[Part]) -> Part:
    """A file of the registry's, strictly read; nothing known where there is none."""
    try:
        return shape.model_validate(read_text(read_words(file)).document if file else {})
    except PolicyInvalid as error:
        raise not_understood(f"{file} cannot be read: {error}") from error
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, found["loc"]))
        raise not_understood(f"{file} cannot be read: {place}: {found['msg']}") from error


def _told(policy: Policy, decision: Decision, language: str) -> list[str]:
    """The decision for people."""
    lines = [
        f"{decision.outcome.value}  {words.name('outcome', decision.outcome.value, language)}",
        f"  {words.say_outcome(decision.outcome, language)}",
    ]
    if decision.credited is not None:
        lines.append(f"amount   {_amount(decision.credited, policy, language)}")
    if decision.category is not None:
        lines.append(f"category {decision.category}")
    if decision.rule is not None:
        lines.append(f"rule     {decision.rule}")
    note = "" if policy.decides else f" ({policy.status_note})"
    lines.append(f"policy   {policy.policy_id} version {policy.policy_version}{note}")
    lines += [f"reason   {one}: {words.say(one, language)}" for one in decision.reasons]
    lines += [_step(one.passed, words.say(one, language)) for one in decision.trace]
    return lines


def _step(passed: bool, sentence: str) -> str:
    return f"  {'+' if passed else '-'} {sentence}"


def _amount(credited: Fraction, policy: Policy, language: str) -> str:
    return f"{words.amount(credited, language)} {policy.unit or ''}".rstrip()
