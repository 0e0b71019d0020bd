"""What a verified record counts for, under a registry's own rules.

``policies`` is the rule language: data, never code. ``deciding`` applies it: pure, exact and
repeatable. What was submitted, decided and used of each cap is kept beside them, and a decision
is never changed: a new one takes its place and says why.
"""
