"""Searches that go on: feeds of what is new in one, searches that people keep, mails about them."""
