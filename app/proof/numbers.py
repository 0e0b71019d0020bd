"""How numbers are written in statements: JSON-LD 1.1 API, sections 8.2.2 and 8.6.

A number with a fraction has a mantissa of 15 digits after the point, rounded: 80.1 is written
``8.009999999999999E1``. The parser used here writes the shortest form instead, which other signers
do not; so numbers are masked before it reads them, and put back into the statements after.
"""

from itertools import count
from math import isfinite

from pyoxigraph import Literal, Quad

from app.proof.errors import ProofError
from app.proof.parse import JSON

_FIRST_MASK = 900_000_000.5
LARGEST = 2**53 - 1
"""Beyond it, numbers are read differently by different readers; they are refused."""


def lexical(value: JSON) -> str:
    """How a number or a truth value is written in statements."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not isfinite(value):
        return str(value)  # no number of JSON; ``app.proof.screening`` refuses it
    if isinstance(value, float) and not value.is_integer():
        mantissa, exponent = f"{value:.15E}".split("E")
        digits = mantissa.rstrip("0")
        return f"{digits}{'0' if digits.endswith('.') else ''}E{int(exponent)}"
    return str(int(value)) if isinstance(value, int | float) else str(value)


class Masks:
    """Numbers that the parser writes as they are, each in the place of one that it does not."""

    def __init__(self, *, avoid: frozenset[str]) -> None:
        self._free = (mask for n in count() if lexical(mask := _FIRST_MASK + n) not in avoid)
        self._held: dict[str, str] = {}

    def mask(self, value: float) -> float:
        """Give the number that stands for ``value`` until ``unmask``."""
        mask = next(self._free)
        self._held[lexical(mask)] = lexical(value)
        return mask

    def unmask(self, quads: list[Quad]) -> list[Quad]:
        """Put the numbers back; each must have made a statement."""
        missing = set(self._held)
        done: list[Quad] = []
        for quad in quads:
            term = quad.object
            if isinstance(term, Literal) and term.value in self._held:
                missing.discard(term.value)
                number = Literal(self._held[term.value], datatype=term.datatype)
                done.append(Quad(quad.subject, quad.predicate, number, quad.graph_name))
            else:
                done.append(quad)
        if missing:
            raise ProofError("rdf-dropped", "The document has a number that no signature covers.")
        return done
