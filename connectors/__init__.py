"""Connectors: plugins that read one feed format each.

A connector knows nothing of the node that runs it. ``contract`` is all it may rely on, ``http`` is
the guarded way out that the node hands to it, ``testing`` is the contract as tests.
"""
