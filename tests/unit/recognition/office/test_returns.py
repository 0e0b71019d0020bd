"""What goes into a file that a spreadsheet opens."""

import csv
import io
from fractions import Fraction

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform.cells import harmless
from app.platform.problems import Invalid
from app.recognition.office.press import OfficePress
from app.recognition.office.returns import writing
from app.recognition.office.returns.forms import decimal
from app.recognition.office.returns.model import List
from app.records.certificate.press import Press
from tests.conftest import NOW


@given(st.text(max_size=40))
def test_no_text_begins_as_a_formula_does(text: str) -> None:
    made = harmless(text)
    assert made[:1] not in set("=+-@\t\r\n＝＋－＠")
    assert "\x00" not in made


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (Fraction(8, 5), "1.6"), (Fraction(4, 3), "1.33"), (Fraction(1, 200), "0.01"),
        (Fraction(2), "2"), (Fraction(0), "0"), (Fraction(1, 201), "0"), (None, ""),
        (Fraction(100), "100"),
    ],
)  # fmt: skip
def test_an_amount_is_told_to_the_hundredth(amount: Fraction | None, told: str) -> None:
    assert decimal(amount) == told


def a_list(rows: list[list[str | int]]) -> List:
    return List("A list", {"Registry": "=PEC"}, ["a", "b"], rows, "unverified")


def test_a_table_and_a_workbook_say_the_same() -> None:
    rows: list[list[str | int]] = [["=1+1", 3], ["桥梁", 4], ["\x07bell", 5]]
    text = b"".join(writing.as_csv(a_list(rows))).decode("utf-8-sig")
    table = [row for row in csv.reader(io.StringIO(text)) if row]
    book = openpyxl.load_workbook(io.BytesIO(b"".join(writing.as_xlsx(a_list(rows)))))
    sheet = [[str(cell) for cell in row if cell is not None] for row in book.active.values]
    assert table == [row for row in sheet if row]
    assert table[-3:] == [["'=1+1", "3"], ["桥梁", "4"], ["bell", "5"]]


def test_a_list_that_nobody_prints_is_refused() -> None:
    rows: list[list[str | int]] = [["x", 1]] * (writing.MOST_PRINTED + 1)
    with pytest.raises(Invalid):
        writing.as_pdf(a_list(rows), press=OfficePress(Press()), at=NOW)
