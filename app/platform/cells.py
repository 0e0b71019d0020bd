"""Cells of files that spreadsheets open: what one shows must not be what another program runs."""

import re

_BEGINS = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""What no cell of a workbook can hold (XML 1.0 §2.2)."""


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it and does not calculate it.

    A program that opens CSV takes what begins with one of these signs for a formula, whatever the
    quotes around it; an apostrophe before it says that it is text.
    """
    seen = _UNSEEN.sub("", text)
    return f"'{seen}" if _BEGINS.match(seen) else seen
