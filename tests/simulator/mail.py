"""A mailbox: what a node sent, to be read by a test."""

import re
from dataclasses import dataclass, field

from app.platform.mail import MailFailed, Message


@dataclass
class Mailbox:
    """Stands where the mail server would be."""

    sent: list[Message] = field(default_factory=list)
    broken: bool = False

    def send(self, message: Message) -> None:
        """Keep the message, unless the mailbox is ``broken``."""
        if self.broken:
            raise MailFailed("The mail server is down.")
        self.sent.append(message)

    def last_link(self, to: str) -> str:
        """The address in the newest mail to somebody."""
        message = next(one for one in reversed(self.sent) if one.to == to)
        found = re.search(r"https?://\S+", message.text)
        assert found, message.text
        return found[0]
