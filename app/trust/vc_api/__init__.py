"""The VC API of W3C (VCALM) for the public conformance suites, on a profile of its own.

``/presentations/verify`` is there on every node. The rest only when ``OPENCPD_VC_API=conformance``:
an issuer that signs whatever it is given, with keys that stand for nobody (``did:key``), and a
verifier that believes every ``did:key``. Both run on the product's own ``app.proof`` and
``app.verification``; what they accept beyond our records is handed over as contexts, as options and
as a bundle that knows every ``did:key``. A node in this profile is not for production use, and says
so when it starts.
"""
