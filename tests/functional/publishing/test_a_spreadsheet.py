"""A society's spreadsheet in the browser: checked, looked at, published."""

import csv
import io
import re
from typing import Any

import openpyxl
from fastapi.testclient import TestClient
from httpx import Response

from app.harvest.sheets import read_sheet
from app.identity.model import Role
from app.publishing import template
from connectors import columns
from tests.simulator.members import House
from tests.simulator.publishing import Publisher, counted, course

ROWS = [
    ["id", "title", "title@zh", "url", "isced f", "credit", "credit unit", "start", "price",
     "currency", "metadata language", "our own remark"],
    ["S-1", "Bridges", "桥梁", "https://c.example/s1", "0732", "12", "PDH", "2027-03-01", "120.50",
     "EUR", "en", "new"],
    ["S-2", "Tunnels", "", "https://c.example/s2", "civil", "twelve", "", "soon", "10", "", "en",
     ""],
    ["S-3", "", "", "", "", "", "", "", "", "", "en", "no title"],
    ["", "Without an id", "", "", "", "", "", "", "0", "", "en", ""],
    ["S-1", "The same id", "", "", "", "", "", "", "", "", "en", ""],
]  # fmt: skip


def as_csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def as_xlsx(rows: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


class Desk:
    """An editor of the society at the page."""

    def __init__(self, made: House, cse: Publisher, role: Role = Role.EDITOR) -> None:
        self.base = f"/organisations/{cse.society}/courses"
        roles: dict[str, Any] = {cse.society: role}
        self.http: TestClient = made.sign_in(f"{role}@{cse.society}.example", **roles)

    def upload(self, data: bytes, name: str = "our courses.csv") -> Response:
        return self.http.post(f"{self.base}/sheets", files={"file": (name, data)})

    def page(self, path: str = "") -> str:
        answer = self.http.get(path or self.base)
        assert answer.status_code == 200, answer.text
        return answer.text


def numbers(page: str) -> list[int]:
    """New, changed, as before, cannot be published."""
    return [int(one) for one in re.findall(r"<dd>(\d+)</dd>", page)]


def cells(page: str) -> list[list[str]]:
    """The findings, row by row, as plain text."""
    found = []
    for row in re.findall(r"<tr><th scope=\"row\">.*?</tr>", page, re.DOTALL):
        parts = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        found.append([" ".join(re.sub(r"<[^>]+>", "", part).split()) for part in parts])
    return found


def test_a_sheet_is_checked_then_published(made: House, cse: Publisher) -> None:
    desk = Desk(made, cse)
    with made.node.database.read() as session:
        before = counted(session)
    for data, name in ((as_csv(ROWS), "our courses.csv"), (as_xlsx(ROWS), "our courses.xlsx")):
        answer = desk.upload(data, name)
        assert answer.status_code == 303, answer.text
        page = desk.page(answer.headers["location"])
        assert name in page
        assert numbers(page) == [3, 0, 0, 2]
        findings = cells(page)
        assert {row for row, _, what, _ in findings if what.startswith("error")} == {"4", "6"}
        assert {(row, column) for row, column, *_ in findings} == {
            ("3", "E isced f"), ("3", "F credit"), ("3", "H start"), ("3", "J currency"),
            ("4", "B title"), ("5", "A id"), ("5", "D url"), ("6", "A id"),
        }  # fmt: skip
        assert "our own remark" in page
    with made.node.database.read() as session:
        assert counted(session) == before

    sheet = answer.headers["location"]
    assert desk.http.post(f"{sheet}/publish").headers["location"] == sheet
    page = desk.page(sheet)
    assert "New: 3. Changed: 0. As before: 0." in " ".join(page.split())
    assert numbers(page) == [0, 0, 3, 2]
    assert '<button class="button">Publish' not in page
    assert {one["title"] for one in cse.listed()} == {"Bridges", "Tunnels", "Without an id"}
    read = cse.get("S-1").json()["course"]
    assert read["title"] == {"en": "Bridges", "zh": "桥梁"}
    assert read["offers"] == [{"amount": "120.50", "currency": "EUR"}]
    with made.node.database.read() as session:
        after = counted(session)
    desk.http.post(f"{sheet}/publish")
    with made.node.database.read() as session:
        assert counted(session) == after


def test_the_list_shows_what_is_to_be_mended(made: House, cse: Publisher) -> None:
    desk = Desk(made, cse, Role.READER)
    assert "Nothing has been published yet." in desk.page()
    cse.put("C-1", course(1))
    cse.put("C-2", {"title": {"en": "5 < 6 & so on"}})
    cse.put("C-3", course(3))
    cse.delete("C-3")
    page = desk.page()
    assert "5 &lt; 6 &amp; so on" in page
    assert "W-URL-MISSING" in page
    assert f"/courses/{cse.get('C-1').json()['course_id']}" in page
    assert desk.page(f"{desk.base}?issue=W-URL-MISSING").count("<li><h3>") == 1
    assert desk.page(f"{desk.base}?state=withdrawn").count("<li><h3>") == 1
    assert desk.page(f"{desk.base}?text=part+1").count("<li><h3>") == 1
    assert desk.page(f"{desk.base}?text=%25").count("<li><h3>") == 0
    assert desk.http.get(f"{desk.base}?cursor=nonsense!").status_code == 422


def test_files_that_are_no_table_are_refused_beside_the_form(made: House, cse: Publisher) -> None:
    desk = Desk(made, cse)
    good = as_xlsx(ROWS)
    for data in (
        b"", b"\x00\x01", b"<html>", b"PK\x03\x04cut", good[: len(good) // 2], b"a,b\n1,2\n",
        b"title\n" + b"x\n" * 2001,
    ):  # fmt: skip
        answer = desk.upload(data)
        assert answer.status_code == 422, data[:20]
        assert 'role="alert"' in answer.text
        assert 'name="file"' in answer.text
    assert desk.http.post(f"{desk.base}/sheets", data={"file": "text"}).status_code == 422
    large = desk.upload(b"title\n" + b"x" * 6_000_000)
    assert large.status_code == 413


def test_who_may_only_read_uploads_nothing(made: House, cse: Publisher) -> None:
    reader = Desk(made, cse, Role.READER)
    assert "Check the file" not in reader.page()
    assert reader.upload(as_csv(ROWS)).status_code == 403
    editor = Desk(made, cse)
    sheet = editor.upload(as_csv(ROWS)).headers["location"]
    assert reader.http.get(sheet).status_code == 403
    assert reader.http.post(f"{sheet}/publish").status_code == 403
    made.add(f"other-{cse.society}")
    other = Desk(made, Publisher(made, f"other-{cse.society}"))
    assert other.http.get(sheet).status_code == 404
    stolen = sheet.replace(f"/{cse.society}/", f"/other-{cse.society}/")
    assert other.http.get(stolen).status_code == 404
    assert other.http.post(f"{stolen}/publish").status_code == 404
    assert cse.listed() == []


def test_the_template_needs_no_explanation(made: House, cse: Publisher) -> None:
    desk = Desk(made, cse, Role.READER)
    book = openpyxl.load_workbook(io.BytesIO(desk.http.get(f"{desk.base}/template.xlsx").content))
    headers = [cell.value for cell in book.worksheets[0][1]]
    assert headers == [column.name for column in template.COLUMNS]
    assert len(book.worksheets[0].data_validations.dataValidation) >= 5
    data = desk.http.get(f"{desk.base}/template.csv").content
    assert data.decode("utf-8-sig").split("\r\n")[0].split(",") == headers
    assert len(columns.assign(headers, {})) == len(headers)
    filled = as_csv([headers, [column.example for column in template.COLUMNS]])
    sheet = read_sheet(filled, most_rows=10)
    assert sheet.unused == ()
    answer = Desk(made, cse).upload(filled)
    page = Desk(made, cse).page(answer.headers["location"])
    assert numbers(page) == [1, 0, 0, 0]
    assert cells(page) == []
    assert desk.http.get(f"{desk.base}/template.pdf").status_code == 422
