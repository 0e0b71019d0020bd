"""Commands for webhooks: what an organisation has, and sending again what was given up."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli.common import AsJson, opened_node, say_json, say_table
from app.platform import clock
from app.webhooks import deliveries, service
from app.webhooks.model import DeliveryState

webhook_cli = typer.Typer(help="Where organisations are told of events.", no_args_is_help=True)

Organisation = Annotated[str, typer.Argument(help="Whose webhooks, such as cse.")]


@webhook_cli.command("list")
def webhook_list(organisation: Organisation, as_json: AsJson = False) -> None:
    """List an organisation's webhooks and how their deliveries stand."""
    with opened_node() as node, node.database.read() as session:
        found = service.list_endpoints(session, organisation)
        counts = deliveries.count_deliveries(session, found)
    if as_json:
        say_json([{"webhook": one, "deliveries": counts.get(one.id, {})} for one in found])
        return
    rows = [
        (
            one.id,
            one.url,
            " ".join(one.events),
            "enabled" if one.enabled else f"disabled ({one.disabled_why})",
            *(counts.get(one.id, {}).get(state, 0) for state in DeliveryState),
        )
        for one in found
    ]
    say_table(("webhook", "address", "events", "state", *map(str, DeliveryState)), rows)


@webhook_cli.command("replay")
def webhook_replay(
    organisation: Organisation,
    webhook: Annotated[str, typer.Argument(metavar="WEBHOOK", help="The webhook's id.")],
    since: Annotated[datetime, typer.Option(help="In UTC: what was made then or later.")],
) -> None:
    """Send again what was given up since a time; a worker does the sending."""
    with opened_node() as node, node.database.write() as session:
        count = deliveries.replay_failed(
            session,
            organisation,
            webhook,
            since=since.replace(tzinfo=UTC),
            at=clock.now(),
            who="operator",
        )
    typer.echo(f"{count} deliveries are sent again")
