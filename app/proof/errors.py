"""The one error of ``app.proof`` and ``app.verification``.

``ProofError`` has no subclasses: its ``code`` says what was wrong, is stable, and may be relied
upon. A ``ValueError`` or ``KeyError`` that leaves these packages is a bug.
"""


class ProofError(Exception):
    """The input is not what it must be. ``code`` is for programs, ``message`` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
