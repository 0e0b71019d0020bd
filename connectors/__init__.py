"""Connectors: plugins that read one feed format each.

A connector knows nothing of the node that runs it. ``contract`` is all it may rely on, ``http`` is
the guarded way out that the node hands to it, ``testing`` is the contract as tests.

Each format has a package, named as its connector is, with the class in its ``connector`` (MOOChub
needs one module only). No format imports another: what several of them need stands beside them.
"""
