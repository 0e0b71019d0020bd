"""Searches that people keep, and the mails that tell them what is new in each.

A saved search is its parameters, as somebody may type them into an address: they are understood
anew whenever it is opened, so a filter that is given up later is shown as such.
"""
