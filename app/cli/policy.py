"""``opencpd policy``: read a registry's rules, look them through, try them against vectors."""

from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.common import AsJson, not_understood, plain, read_file, say_json
from app.platform import clock
from app.recognition.deciding import vectors
from app.recognition.policies import shipped
from app.recognition.policies.changes import changes
from app.recognition.policies.lint import lint_text
from app.recognition.policies.model import Policy
from app.recognition.policies.reading import PolicyInvalid, read_policy

policy_cli = typer.Typer(help="A registry's rules: check a policy, try it against vectors.")

PolicyFile = Annotated[Path, typer.Argument(help="A policy, YAML or JSON; - for standard input.")]


def read_words(file: Path) -> str:
    """The text in a file; anything that is not UTF-8 ends the command."""
    try:
        return read_file(file).decode()
    except UnicodeDecodeError as error:
        raise not_understood(f"{file} is not UTF-8: byte {error.start} is wrong") from error


def policy_in(file: Path) -> Policy:
    """The policy in a file; one that cannot be read ends the command."""
    try:
        return read_policy(read_words(file))
    except PolicyInvalid as error:
        said = "\n".join(f"  {fault}" for fault in error.faults)
        raise not_understood(f"the policy {file} cannot be read:\n{said}") from error


@policy_cli.command("check")
def check_policy(file: PolicyFile, as_json: AsJson = False) -> None:
    """Read a policy: its faults with their lines, then advice. Exit code 1 when it has faults."""
    text = read_words(file)
    try:
        policy, findings = lint_text(text, today=clock.now().date())
    except PolicyInvalid as error:
        if as_json:
            say_json({"valid": False, "faults": error.faults, "findings": []})
        else:
            for fault in error.faults:
                typer.echo(f"fault  {fault} ({fault.code})")
            typer.echo(f"faults: {len(error.faults)}")
        raise typer.Exit(1) from error
    if as_json:
        say_json({"valid": True, "policy": _named(policy), "faults": [], "findings": findings})
        return
    for finding in findings:
        typer.echo(f"advice {finding}")
    typer.echo(
        f"{policy.policy_id} version {policy.policy_version} of {policy.registry}: {_is(policy)}"
    )
    typer.echo(f"faults: 0, to look at: {len(findings)}")


@policy_cli.command("diff")
def compare_policies(
    old_file: Annotated[Path, typer.Argument(help="One version.", metavar="OLD")],
    new_file: Annotated[Path, typer.Argument(help="Another version.", metavar="NEW")],
    as_json: AsJson = False,
) -> None:
    """Say in words what two versions of a policy ask differently."""
    found = changes(policy_in(old_file), policy_in(new_file))
    if as_json:
        say_json([{"text": str(one), **plain(one)} for one in found])
        return
    for change in found:
        typer.echo(change)
    typer.echo(f"{len(found)} different")


def _named(policy: Policy) -> dict[str, Any]:
    return {
        "policy_id": policy.policy_id,
        "policy_version": policy.policy_version,
        "registry": policy.registry,
        "status": policy.status_note,
        "hash": policy.hash,
    }


def _is(policy: Policy) -> str:
    return f"{policy.status_note}, hash {policy.hash}"


@policy_cli.command("try")
def try_policy(
    vectors_file: Annotated[
        Path, typer.Option("--vectors", help="A file of vectors, YAML or JSON; - for input.")
    ],
    policy_file: Annotated[
        Path | None,
        typer.Option("--policy", help="A policy of one's own, in place of the one with its id."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Decide worked vectors and compare. Exit code 1 when one comes out otherwise."""
    instead = policy_in(policy_file) if policy_file is not None else None
    try:
        document = vectors.read(read_words(vectors_file))
        results = vectors.run(document, known=shipped.policies(), instead=instead)
    except vectors.VectorsInvalid as error:
        raise not_understood(f"{vectors_file} is no file of vectors: {error}") from error
    failed = [one for one in results if not one.passed]
    if as_json:
        counts = {"passed": len(results) - len(failed), "failed": len(failed)}
        say_json({**counts, "vectors": [{"passed": one.passed, **_told(one)} for one in results]})
    else:
        for one in failed:
            typer.echo(f"{one.id}  {one.title}")
            for mismatch in one.mismatches:
                typer.echo(f"  {mismatch}")
        typer.echo(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    raise typer.Exit(1 if failed else 0)


def _told(result: vectors.Result) -> dict[str, Any]:
    return {"id": result.id, "title": result.title, "mismatches": result.mismatches}
