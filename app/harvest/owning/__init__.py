"""A society's own sources: entered, changed, run, looked into, removed.

By who may write its catalogue. What is another society's is as unknown here as what is not there.
"""
