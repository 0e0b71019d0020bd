"""Records that an engineer keeps in his or her own account: the transcript.

Whoever has a holder's link and is signed in may keep the record it opens. What was kept stays when
the link ends: the link is how the record came, not what it is, and a transcript must outlive the
issuer's patience. It also stays when the record is revoked, and then says so. The record itself is
its issuer's; kept is only that it belongs into this account.
"""
