"""What was submitted to a registry, what it decided, and what has been used of each cap.

A decision is never changed: another takes its place and says why. Owns submissions, decisions,
reviews, appeals and re-runs. What a record counts for is decided in ``deciding``, which is pure;
here is kept what that needs and what came of it.
"""

DECISION_MADE = "decision.made"
"""Topic of the outbox for whoever follows it; the key is the decision's id."""
