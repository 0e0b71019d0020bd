"""The ``opencpd`` command: one short function for each of its commands.

Answers go to standard output, as text for people or as JSON with ``--json``; logs and errors go to
standard error. Exit codes: 0 done, 1 refused or not accepted, 2 not understood.
"""

import sys

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import OperationalError

from app.cli import (
    audit,
    certificate,
    checking,
    clients,
    grants,
    index,
    keys,
    matching,
    members,
    node,
    people,
    policy,
    recognise,
    registries,
    rosters,
    runs,
    searching,
    signing_in,
    sources,
    standing,
    token_keys,
    trust,
    verify,
    webhooks,
)
from app.platform.problems import DomainError

cli = typer.Typer(
    help="OpenCPD: engineers' continuing professional development, shared and verified.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(node.cli)
index.index_cli.add_typer(searching.cli)
cli.add_typer(index.index_cli, name="index")
cli.add_typer(members.society_cli, name="society")
cli.add_typer(clients.client_cli, name="client")
cli.add_typer(people.organisation_cli, name="organisation")
cli.add_typer(people.member_cli, name="member")
cli.add_typer(people.operator_cli, name="operator")
cli.add_typer(signing_in.person_cli, name="person")
cli.add_typer(grants.grant_cli, name="grant")
sources.source_cli.add_typer(checking.cli)
sources.source_cli.add_typer(runs.cli)
cli.add_typer(sources.source_cli, name="source")
cli.add_typer(matching.match_cli, name="match")
cli.add_typer(rosters.cli)
cli.add_typer(rosters.roster_cli, name="roster")
cli.add_typer(verify.cli)
cli.add_typer(certificate.cli)
cli.add_typer(standing.status_cli, name="status")
cli.add_typer(keys.keys_cli, name="keys")
cli.add_typer(token_keys.token_keys_cli, name="token-keys")
cli.add_typer(trust.trust_cli, name="trust")
cli.add_typer(policy.policy_cli, name="policy")
cli.add_typer(recognise.cli)
cli.add_typer(registries.registry_cli, name="registry")
cli.add_typer(webhooks.webhook_cli, name="webhook")
cli.add_typer(audit.audit_cli, name="audit")


def main() -> None:
    """Run the command; an expected failure is one line and exit code 1."""
    try:
        cli()
    except DomainError as error:
        typer.echo(f"{error.code}: {error.detail}", err=True)
        for field in error.fields:
            typer.echo(f"  {field.pointer}: {field.detail}", err=True)
        sys.exit(1)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False):
            name, text = (
                "".join(map(str, one["loc"][:1])).upper(),
                one["msg"].removeprefix("Value error, "),
            )
            place = "".join(f"/{part}" for part in one["loc"][1:])
            typer.echo(f"setting OPENCPD_{name}{place}: {text}", err=True)
        sys.exit(2)
    except SettingsError as error:
        typer.echo(f"settings: {error}: {error.__cause__}", err=True)
        sys.exit(2)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        typer.echo(f"the database does not answer: {reason}", err=True)
        sys.exit(1)
