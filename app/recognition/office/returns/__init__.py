"""Lists that a registry gives out: all decisions, and returns in the form of other bodies.

A form that we know from descriptions alone says so in its first lines (``unverified``): the body
that it is named after has not looked at it.
"""
