"""All that this node holds of a person, put together: here, above the packages that hold it."""

from app.harvest.telling.holdings import HOLDINGS as FEEDS
from app.identity.holdings import HOLDINGS as IDENTITY
from app.recognition.ledger.holdings import HOLDINGS as LEDGER
from app.recognition.planning.holdings import HOLDINGS as PLANNING
from app.recognition.register.holdings import HOLDINGS as REGISTER
from app.records.keeping.holdings import HOLDINGS as KEEPING
from app.search.saved.holdings import HOLDINGS as SEARCHES

HOLDINGS = (*IDENTITY, *KEEPING, *REGISTER, *LEDGER, *PLANNING, *FEEDS, *SEARCHES)
