"""Status lists: which of an issuer's records still hold, signed, for everybody to fetch.

W3C Bitstring Status List 1.0. Each list number of a society is three lists with the same places:
one for revocations, at the address that records name, and beside it one for suspensions and one
for records that a corrected one has superseded. ``slots`` gives places away; ``publication`` says
what is true of them.
"""

from app.records.status.model import RENEWAL, SIZE, VALIDITY, Purpose, list_url, urls
from app.records.status.publication import (
    differing,
    listed_urls,
    lock,
    publish,
    publish_all,
    publish_due,
    published_list,
    renew,
    renew_all,
    set_bits,
)
from app.records.status.slots import reserve

__all__ = [
    "RENEWAL",
    "SIZE",
    "VALIDITY",
    "Purpose",
    "differing",
    "list_url",
    "listed_urls",
    "lock",
    "publish",
    "publish_all",
    "publish_due",
    "published_list",
    "renew",
    "renew_all",
    "reserve",
    "set_bits",
    "urls",
]
