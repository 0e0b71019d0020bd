"""What the ledger holds of a person of this node: whether mails about decisions are wanted.

Submissions and decisions are the registry's, of a registrant who need not be a person of this node;
the engineer reads them on his own pages.
"""

from app.identity.people.holdings import Holding
from app.recognition.ledger.tables import MailChoiceRow

HOLDINGS = (Holding("mail_about_decisions", MailChoiceRow, ("wanted",), ("person_id",)),)
