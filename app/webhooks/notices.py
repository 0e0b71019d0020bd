"""Telling an organisation's owners, by mail, that a webhook of theirs was disabled."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from app.identity import service as identity
from app.identity.people import members
from app.platform.db import Database
from app.platform.mail import Mailer, MailFailed, Message
from app.webhooks import store
from app.webhooks.model import Endpoint, Why

logger = structlog.get_logger(__name__)

AGAIN = timedelta(minutes=10)
"""When it is tried again if a mail could not be sent."""

_REASONS = {
    Why.GONE: "It answered 410 (Gone), which says that nobody listens there any more.",
    Why.FAILING: "Nothing could be delivered to it for five days.",
}


def send_due(database: Database, mailer: Mailer, *, public_url: str, at: datetime) -> int:
    """Write to the owners of one endpoint that was disabled; says how many mails were sent."""
    with database.read() as session:
        if not store.is_notice_due(session, at=at):
            return 0
    with database.write() as session:
        endpoint = store.take_notice(session, at=at, again_at=at + AGAIN)
        if endpoint is None:
            return 0
        name = identity.get_organisation(session, endpoint.organisation_id).name
        owners = members.owners(session, endpoint.organisation_id)
        addresses = [owner.email for owner in owners if owner.email]
    try:
        for address in addresses:
            mailer.send(_message(address, endpoint, name=name, public_url=public_url))
    except MailFailed as error:
        logger.warning("a notice could not be sent", webhook=endpoint.id, reason=error.detail)
        return 0
    with database.write() as session:
        store.update_endpoint(session, endpoint.id, notice_due_at=None)
    return len(addresses)


def _message(address: str, endpoint: Endpoint, *, name: str, public_url: str) -> Message:
    host = urlsplit(endpoint.url).hostname
    page = f"{public_url}/organisations/{endpoint.organisation_id}/webhooks/{endpoint.id}"
    reason = _REASONS.get(endpoint.disabled_why or Why.FAILING, "")
    text = (
        f"A webhook of {name} was disabled.\n\n"
        f"Host:   {host}\n"
        f"Reason: {reason}\n\n"
        "What happens from now on is not sent to it. When it is well again, enable it and send\n"
        f"again what was missed:\n\n{page}\n"
    )
    return Message(address, f"Webhook disabled: {host}", text)
