"""Pages for people: search, one course, verify a record. Rendered here, whole, without a framework.

Owns templates, one stylesheet, one script and every word a person reads. Never decides anything:
search, catalogue and verification do. Every page works without JavaScript and under a content
security policy that allows no inline script or style (DESIGN §11).

Others use ``pages.build_router``, ``errors.install`` and ``csrf.RefuseCrossSite``.
"""
