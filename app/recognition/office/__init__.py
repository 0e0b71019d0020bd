"""The registry's office: letters, audit samples, returns, numbers without people.

What it gives out was decided elsewhere (``ledger``); nothing here decides what a record counts for.
"""
