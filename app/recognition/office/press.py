"""What the office prints: letters and lists, set by the press that sets certificates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.proof.parse import JSON
from app.records.certificate.languages import LANGUAGES
from app.records.certificate.press import Press

_SHEETS = Path(__file__).parent / "sheets"


@dataclass(frozen=True, slots=True)
class OfficePress:
    """Sets the office's pages. Raises what ``Press`` does."""

    press: Press

    def letter(self, values: Mapping[str, JSON], *, at: datetime) -> bytes:
        """A letter from the values of ``letter.typ``."""
        return self.press.page(str(_SHEETS / "letter"), values, form="pdf", at=at)

    def table(
        self,
        *,
        title: str,
        facts: Sequence[tuple[str, str]],
        note: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        at: datetime,
    ) -> bytes:
        """A list from the values of ``table.typ``."""
        values: dict[str, JSON] = {
            "title": title,
            "facts": [list(pair) for pair in facts],
            "note": note,
            "columns": list(columns),
            "rows": [list(row) for row in rows],
            "fonts": list(LANGUAGES["en"].fonts),
        }
        return self.press.page(str(_SHEETS / "table"), values, form="pdf", at=at)
