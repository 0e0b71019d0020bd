"""Which policy a registry has adopted, from when on, and who says so.

A version of a policy is drafted, changed, adopted and perhaps withdrawn. Its text is kept verbatim.
``adopted`` it is by the registry's own signature alone: a signed statement of the policy's id,
version, hash and days. In earnest decides nothing else: no draft, no illustrative policy, and no
text that is not what the statement names. Whoever can write to the database but has not the
registry's key can stop deciding; he cannot change what is decided by.

Of the versions of one policy in force on a day, the newest decides. Version numbers grow.

``service`` is what other packages use.
"""

POLICY_CHANGED = "policy.changed"
"""Outbox topic: the id of a version that was adopted or withdrawn."""
