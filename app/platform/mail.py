"""Mail to people: over SMTP in earnest, into a folder while nobody has named a server.

A message is plain text in UTF-8, one recipient, no attachment. Addresses and subjects may come
from strangers; what would end a header and begin another is refused by the standard library's
policy (RFC 5322). Sending takes as long as the other side likes, so it belongs after the answer
(a background task) or into the worker, never before it.
"""

import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, Policy
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import structlog

from app.platform import clock
from app.platform.ids import new_id
from app.platform.problems import Unavailable

logger = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 20


class _WholeLine(UnstructuredHeader, BaseHeader):
    """A header that is never folded.

    The library would cut a long address into encoded words, which no mail program reads as one
    (RFC 2369 §2: addresses in angle brackets).
    """

    def fold(self, *, policy: Policy) -> str:
        """The line as it is."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _WholeLine)
_POLICY = SMTP.clone(header_factory=_HEADERS)
_UTF8 = SMTPUTF8.clone(header_factory=_HEADERS)


class MailFailed(Unavailable):
    """The mail server did not take the message."""

    code = "mail-failed"


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one person."""

    to: str
    subject: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Others that it carries, such as those by which a mail program ends a subscription."""


class Mailer(Protocol):
    """Where mail goes."""

    def send(self, message: Message) -> None:
        """Hand the message over. Raises ``MailFailed``."""


@dataclass(frozen=True, slots=True)
class FolderMailer:
    """Keeps each message as a file, newest last, and says so: for development and small nodes."""

    folder: Path
    sender: str
    say: Callable[[str], None] | None = None

    def send(self, message: Message) -> None:
        """Write the message; ``say`` is told its text, so that it shows in a terminal."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.folder / f"{new_id()}.eml"
        file.touch(mode=0o600)
        file.write_bytes(_written(message, self.sender).as_bytes(policy=_UTF8))
        logger.info("mail kept in the folder", file=file.name)
        if self.say:
            self.say(f"mail to {message.to}: {message.subject}\n\n{message.text}")


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """Sends by ``smtp://`` (STARTTLS where offered) or ``smtps://`` (TLS from the first byte)."""

    url: str
    sender: str

    def send(self, message: Message) -> None:
        """Send over a connection of its own."""
        written = _written(message, self.sender)
        try:
            with self._connected() as server:
                server.send_message(written, to_addrs=[message.to])
        except (OSError, smtplib.SMTPException) as error:
            raise MailFailed("The mail could not be sent; try again later.") from error

    def _connected(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, trusted = str(parts.hostname), ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=trusted
            )
        else:
            server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=trusted)
                server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server


def deliver(mailer: Mailer, message: Message) -> None:
    """Send after the answer has gone (a background task): a failure can only be written down."""
    try:
        mailer.send(message)
    except MailFailed as error:
        logger.warning("mail not sent", subject=message.subject, reason=str(error.__cause__))


def _written(message: Message, sender: str) -> EmailMessage:
    made = EmailMessage(policy=_POLICY)
    made["From"] = sender
    made["To"] = message.to
    made["Subject"] = message.subject
    made["Date"] = format_datetime(clock.now())
    made["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip("> ") or "localhost")
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
    for name, value in message.headers.items():
        made[name] = value
    made.set_content(message.text)
    return made
