"""Applying a policy: what a record counts for and why, what a cycle lacks. Pure, exact, repeatable.

No clock, no database, no network: whoever holds the same policy, facts and ledger figures comes to
the same decision.
"""
