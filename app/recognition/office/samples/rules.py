"""How a sample is drawn, so that anybody draws the same. Pure; standard library only."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from app.platform.problems import FieldProblem, Invalid
from app.recognition.office.samples.model import FIRST_SHARE, LAST_SHARE

LONGEST_VALUE = 500


def commitment(secret: str) -> str:
    """What is published before the draw, of a secret in hexadecimal."""
    return hashlib.sha256(bytes.fromhex(secret)).hexdigest()


def list_hash(ids: Iterable[str]) -> str:
    """Of the list that is drawn from."""
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(ids)).encode()).hexdigest()


def seed(secret: str, public_value: str) -> str:
    """Of the secret's 64 hexadecimal digits, a colon, and the public figure as it was typed."""
    return hashlib.sha256(f"{secret}:{public_value}".encode()).hexdigest()


def rank(seed_text: str, registrant_id: str) -> str:
    """Where a registrant stands; the lowest are drawn."""
    return hashlib.sha256(f"{seed_text}:{registrant_id}".encode()).hexdigest()


def size(population: int, share: Fraction) -> int:
    """How many are drawn: the share, rounded up, so at least one where there is anybody."""
    return math.ceil(population * share)


def drawn(ids: Iterable[str], seed_text: str, count: int) -> Sequence[str]:
    """The sample, lowest rank first."""
    return sorted(ids, key=lambda one: (rank(seed_text, one), one))[:count]


def share(percent: str) -> Fraction:
    """A share of 1 to 5 per cent, to a tenth. Raises ``Invalid``."""
    text = percent.strip().replace(",", ".")
    try:
        found = Fraction(text) / 100 if len(text) <= 4 and "/" not in text else None
    except ValueError:
        found = None
    if found is None or not FIRST_SHARE <= found <= LAST_SHARE or (found * 1000).denominator != 1:
        raise Invalid(
            "The share is not one of those that can be drawn.",
            fields=[FieldProblem("/percent", "share-range", "Write 1 to 5, such as 2 or 2.5.")],
        )
    return found


def figure(text: str, *, name: str) -> str:
    """A public figure, or words that name one, in one line. Raises ``Invalid``."""
    made = " ".join(text.split())
    if len(made) > LONGEST_VALUE or not made.isprintable():
        mend = f"Write it in one line of up to {LONGEST_VALUE} characters."
        raise Invalid("The text cannot be taken.", fields=[FieldProblem(f"/{name}", "text", mend)])
    return made
