"""Tables as societies really keep them, and tables made to do harm."""

import io
import random
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
import xlwt
from pydantic import ValidationError

from connectors import columns
from connectors.contract import (
    CreditDraft,
    Deletions,
    Fetched,
    OfferDraft,
    Page,
    Rejected,
    RejectRecord,
    RunDraft,
    SourceMisconfigured,
    SourceUnavailable,
    Tombstone,
    Upsert,
)
from connectors.table import Table, spreadsheet
from connectors.testing import ConnectorContract
from tests.simulator.feeds import FeedServer, csv_bytes
from tests.simulator.fetching import FunctionFetch, loopback_fetch

URL = "http://feed.example/courses"
ROWS = [
    {
        "Course code": "C-1", "Title": "Bridges", "Title (zh)": "桥梁", "Web page": "https://x.example/1",
        "Description": "Inspection, rating", "Language": "English; Chinese", "CPD hours": "12",
        "Hours": "14", "Mode": "onsite", "Start": "2026-05-01", "Venue": "Hall 2", "City": "Xi'an",
        "Country": "CN", "Fee": "300", "Member price": "200", "Currency": "CNY",
        "Keywords": "bridge;inspection", "ISCED field": "0732",
        "Standards": "ISO 9001:2015, EN 1990", "Speakers": "A. Li; B. Wang",
    },
    {"Course code": "C-2", "Title": "Tunnels", "Fee": "free"},
]  # fmt: skip


def _connector(**config: Any) -> Table:
    return Table(Table.Config.model_validate({"url": URL, **config}))


def _read(
    body: bytes, connector: Table | None = None, headers: Mapping[str, str] | None = None
) -> list[Page]:
    fetch = FunctionFetch(lambda _: (200, headers or {}, body))
    return list((connector or _connector()).pages(fetch, None))


def _raws(body: bytes, connector: Table | None = None) -> list[dict[str, str]]:
    return [
        dict(item.raw)
        for page in _read(body, connector)
        for item in page.items
        if isinstance(item, Upsert)
    ]


def _workbook(rows: list[list[Any]], title: str = "Courses") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class TestCsvKeepsTheContract(ConnectorContract):
    def connector(self) -> Table:
        return _connector()

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        return csv_bytes(
            [*ROWS, *({"Course code": f"D-{n}", "Title": f"D {n}"} for n in range(450))]
        )


def test_a_row_becomes_a_course() -> None:
    (page,) = _read(csv_bytes(ROWS))
    assert [item.source_id for item in page.items] == ["C-1", "C-2"]
    assert (page.complete, page.cursor, page.expected) == (True, None, 2)
    assert Table.deletions is Deletions.SNAPSHOT
    first, second = (_connector().normalise(raw) for raw in _raws(csv_bytes(ROWS)))
    assert first.title == {"und": "Bridges", "zh": "桥梁"}
    assert first.url == "https://x.example/1"
    assert first.teaching_languages == ("English", "Chinese")
    assert first.identifiers == (("code", "C-1"),)
    assert first.credits == (CreditDraft("12", unit="cpd hours"),)
    assert first.duration == "14 hours"
    assert (first.delivery, first.fields) == (("onsite",), ("0732",))
    assert first.subjects == ("bridge", "inspection")
    assert first.standards == ("ISO 9001:2015", "EN 1990")
    assert first.runs == (
        RunDraft(
            start="2026-05-01",
            place_name="Hall 2, Xi'an",
            place_country="CN",
            instructors=("A. Li", "B. Wang"),
        ),
    )
    assert first.offers == (
        OfferDraft("300", "CNY", None, None),
        OfferDraft("200", "CNY", None, "member"),
    )
    assert second.offers == (OfferDraft("0", None, "free", None),)
    assert second.runs == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\n\n"])
def test_csv_is_read_however_it_was_written(delimiter: str, encoding: str, line_end: str) -> None:
    text = csv_bytes(ROWS, delimiter=delimiter).decode().replace("\r\n", line_end)
    assert _raws(text.encode(encoding)) == _raws(csv_bytes(ROWS))


@pytest.mark.parametrize("encoding", ["gb18030", "gbk"])
def test_chinese_csv_from_a_spreadsheet_is_recognised_and_told(encoding: str) -> None:
    rows = [
        {"课程名称": "桥梁检测与评定", "语言": "中文"},
        {"课程名称": "隧道工程", "语言": "中文"},
    ]
    (page,) = _read(csv_bytes(rows, encoding=encoding))
    assert [code for code, _ in page.warnings] == ["W-ENCODING-GUESSED"]
    first = page.items[0]
    assert isinstance(first, Upsert)
    assert _connector().normalise(first.raw).title == {"und": "桥梁检测与评定"}


def test_western_csv_from_a_spreadsheet_is_recognised_and_told() -> None:
    (page,) = _read(csv_bytes([{"Titel": "Brückenprüfung für Ingenieure"}], encoding="cp1252"))
    assert [code for code, _ in page.warnings] == ["W-ENCODING-GUESSED"]
    assert page.items[0].raw == {"Titel": "Brückenprüfung für Ingenieure"}


def test_an_encoding_that_is_told_is_used() -> None:
    body = csv_bytes([{"Title": "Мосты"}], encoding="cp1251")
    assert _raws(body, _connector(encoding="cp1251")) == [{"Title": "Мосты"}]
    (page,) = _read(body, headers={"Content-Type": "text/csv; charset=windows-1251"})
    assert page.items[0].raw == {"Title": "Мосты"}
    with pytest.raises(SourceMisconfigured, match="no encoding"):
        _read(body, _connector(encoding="nonsense"))
    with pytest.raises(SourceUnavailable, match="not ascii"):
        _read(body, _connector(encoding="ascii"))


def test_the_header_is_found_below_a_banner() -> None:
    body = _workbook(
        [
            ["Our Society: catalogue"], [], ["Filter:", "all"], [None],
            ["Nr", "Course title", "Link", "Hours"], [1, "Bridges", "https://x.example/1", 2.5],
        ]
    )  # fmt: skip
    assert _raws(body) == [
        {"Nr": "1", "Course title": "Bridges", "Link": "https://x.example/1", "Hours": "2.5"}
    ]


def test_a_workbooks_cells_become_iso_texts() -> None:
    moment = datetime.fromisoformat("2026-05-01T09:30:00")
    body = _workbook(
        [
            ["Title", "Start", "End", "Online", "Fee", "Duration"],
            ["B", date(2026, 5, 1), moment, True, 12.0, timedelta(hours=36)],
        ]
    )
    (raw,) = _raws(body)
    assert raw["Start"].startswith("2026-05-01")
    assert raw["End"] == "2026-05-01T09:30:00"
    assert (raw["Online"], raw["Fee"]) == ("true", "12")
    assert _connector().normalise(raw).delivery == ("online",)


def _legacy_workbook() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Kurse")
    for row, cells in enumerate([["Titel", "Link"], ["Brücken", "https://x.example/1"]]):
        for column, cell in enumerate(cells):
            sheet.write(row, column, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_legacy_workbook_is_read() -> None:
    body = _legacy_workbook()
    assert _raws(body) == [{"Titel": "Brücken", "Link": "https://x.example/1"}]
    assert len(_raws(body, _connector(sheet="Kurse"))) == 1
    with pytest.raises(SourceMisconfigured, match="Kurse"):
        _read(body, _connector(sheet="Courses"))


def test_columns_can_be_told() -> None:
    body = csv_bytes([{"Was": "Brücken", "中文": "桥梁", "Wieviel": "3"}])
    connector = _connector(
        columns={"title": "was", "title@zh": "中文", "credit": "Wieviel"},
        constants={"metadata_language": "de", "credit_unit": "PDH", "licence": "CC-BY-4.0"},
    )
    draft = connector.normalise(_raws(body, connector)[0])
    assert draft.title == {"de": "Brücken", "zh": "桥梁"}
    assert draft.credits == (CreditDraft("3", unit="PDH"),)
    assert draft.licence == "CC-BY-4.0"


def test_a_table_without_a_header_is_read_by_column_numbers() -> None:
    connector = _connector(header_row=0, columns={"title": "2", "url": "1"})
    raws = _raws(b"https://x.example/1,Bridges\nhttps://x.example/2,Tunnels\n", connector)
    assert [connector.normalise(raw).title["und"] for raw in raws] == ["Bridges", "Tunnels"]


@pytest.mark.parametrize("field", ["tittle", "url@zh", "title@", "@zh"])
def test_a_mapping_to_no_field_of_ours_is_refused(field: str) -> None:
    with pytest.raises(ValidationError, match="no such field"):
        _connector(columns={field: "x"})


def test_the_order_of_stored_columns_plays_no_part() -> None:
    raw = {"Course": "Second", "Title": "First", "Name": "Third"}
    turned = dict(reversed(raw.items()))
    assert _connector().normalise(raw) == _connector().normalise(turned)
    assert _connector().normalise(raw).title == {"und": "First"}


def test_each_synonym_means_one_field() -> None:
    names = [name for names in columns.SYNONYMS.values() for name in names]
    assert len(names) == len(set(names))
    assert all(columns.words(name) == name for name in names)


def test_a_row_without_a_title_is_rejected_by_its_number() -> None:
    body = b"Title,Link\nBridges,https://x.example/1\n\n,https://x.example/2\n"
    (page,) = _read(body)
    rejected = page.items[1]
    assert isinstance(rejected, Rejected)
    assert (rejected.code, rejected.source_id) == ("E-TITLE-MISSING", "https://x.example/2")
    assert "row 4" in rejected.message
    assert "'Title'" in rejected.message
    assert page.expected == 2
    with pytest.raises(RejectRecord) as caught:
        _connector().normalise(rejected.raw)
    assert caught.value.code == "E-TITLE-MISSING"


def test_a_row_with_neither_id_nor_title_is_kept_under_its_number() -> None:
    (page,) = _read(b"Title,Hours\n,3\n,4\n")
    assert [item.source_id for item in page.items] == ["row:2", "row:3"]


def test_a_cell_of_spaces_costs_no_time() -> None:
    body = csv_bytes([{"Title": "A", "PDH": "1" + " " * 100_000 + "x\ny"}])
    assert len(_connector().normalise(_raws(body)[0]).credits) == 1


def test_a_repeated_id_is_told_and_both_rows_are_kept() -> None:
    (page,) = _read(csv_bytes([{"id": "7", "title": "A"}, {"id": "7", "title": "B"}]))
    first, second = page.items
    assert isinstance(first, Upsert)
    assert isinstance(second, Rejected)
    assert (second.code, second.raw["title"]) == ("W-DUP-ID", "B")
    assert "row 3" in second.message
    assert "row 2" in second.message
    assert page.warnings[0][0] == "W-DUP-ID"


def test_without_an_id_the_address_and_then_the_title_names_the_course() -> None:
    rows = [{"title": "A", "url": "https://x.example/a"}, {"title": " B  b "}]
    (page,) = _read(csv_bytes(rows))
    (again,) = _read(csv_bytes([{"title": "b B"}]))
    assert page.items[0].source_id == "https://x.example/a"
    assert page.items[1].source_id == again.items[0].source_id


def test_cells_beyond_the_header_and_repeated_headers_are_kept() -> None:
    (raw,) = _raws(b"Title,Note,Note,\nBridges,a,b,c,d\n")
    assert raw == {
        "Title": "Bridges",
        "Note": "a",
        "Note (column 3)": "b",
        "column 4": "c",
        "column 5": "d",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"", b" \n\n", b'Title,Text\nA,b\nB,"the quote is not closed\nC,c\n',
        b"Title,Link,Text\nA,b,c\nB,b,c\nC,b", _workbook([["Title"], ["A"]])[:-40],
        _workbook([["Title"], ["A"]])[:200], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1cut",
        "Title\nA\n".encode("utf-16")[:-1],
    ],
)  # fmt: skip
def test_a_cut_or_empty_file_is_trouble_and_never_a_short_catalogue(body: bytes) -> None:
    with pytest.raises(SourceUnavailable):
        _read(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE html><html>Sign in</html>", "web page"),
        (b"\xef\xbb\xbf<html><table>", "web page"),
        (b"Was,Wo\nBruecken,Wien\n", "no header row"),
        (b'Title,Text\nA,"' + b"x" * 200_000 + b'"\n', "row 2 cannot be read"),
    ],
)
def test_what_is_no_table_is_named(body: bytes, reason: str) -> None:
    with pytest.raises(SourceMisconfigured, match=reason):
        _read(body)


def _with_sheet(content: bytes, name: str = "xl/worksheets/sheet1.xml") -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_workbook([["Title"], ["A"]]))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.namelist():
            if entry != name:
                target.writestr(entry, source.read(entry))
        target.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            _with_sheet(
                b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
                b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">'
                b'<c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
            ),
            "spans over",
        ),
        (_with_sheet(b"x", "content.xml"), "not XLSX"),
        (_with_sheet(b"x", "xl/workbook.bin"), "not XLSX"),
    ],
    ids=["far cell", "ods", "xlsb"],
)
def test_a_workbook_made_to_do_harm_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(SourceMisconfigured, match=reason):
        _read(body)


def test_a_workbook_that_makes_its_reader_fall_is_trouble_and_nothing_else() -> None:
    whole = _legacy_workbook()
    for cut in (600, 1100, 2000, len(whole) - 512):
        with pytest.raises(SourceUnavailable):
            _read(whole[:cut])


def test_a_damaged_workbook_is_never_a_fault_of_ours() -> None:
    whole, chance = _workbook([["Title"], ["A"]]), random.Random(7)
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 8)):
            damaged[chance.randrange(4, len(damaged))] = chance.randrange(256)
        with suppress(SourceUnavailable, SourceMisconfigured):
            spreadsheet._measure(bytes(damaged), "here")


def test_a_workbook_that_unfolds_into_too_much_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spreadsheet, "MAX_UNPACKED", 1 << 20)
    bomb = _with_sheet(bytes(1 << 20))
    assert len(bomb) < 20_000
    with pytest.raises(SourceMisconfigured, match="too large"):
        _read(bomb)


def test_a_table_comes_over_http_whole_or_not_at_all() -> None:
    body = csv_bytes(ROWS)
    cut = (200, {"Content-Length": str(len(body) + 1)}, body)
    with FeedServer({"/t.csv": body, "/cut.csv": cut}) as feeds, loopback_fetch() as fetch:
        (page,) = _connector(url=feeds.url("/t.csv")).pages(fetch, "ignored")
        assert len(page.items) == 2
        with pytest.raises(SourceUnavailable):
            list(_connector(url=feeds.url("/cut.csv")).pages(fetch, None))


# -- traps seen in tables that are really kept ---------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Название;Описание\nМосты и тоннели;Курс для инженеров\n"),
        ("koi8_r", "Название;Описание\nМосты и тоннели;Курс для инженеров\n"),
        ("cp1256", "العنوان;الوصف\nجسور وأنفاق;دورة للمهندسين\n"),
        ("cp950", "課程名稱,連結\n橋樑檢測,http://a.example/1\n"),
        ("cp932", "Title,Text\n橋の検査,コース\n"),
        ("cp949", "Title,Text\n교량 점검 과정 입니다 안전,과정\n"),
        ("gb18030", "课程名称,语言\n桥梁检测与评定,中文\n"),
        ("cp1252", "Título,Descripción\nIngeniería “estructural”,Año – L’été à Zürich\n"),
    ],
)
def test_an_encoding_that_nobody_says_is_told_from_a_few_words(encoding: str, text: str) -> None:
    (page,) = _read(text.encode(encoding))
    assert [name for name, _ in page.warnings] == ["W-ENCODING-GUESSED"]
    assert encoding in page.warnings[0][1]
    first = text.splitlines()[1].replace(";", ",").split(",")[0]
    (item,) = page.items
    assert isinstance(item, Upsert)
    assert list(_connector().normalise(item.raw).title.values()) == [first]


def test_a_few_foreign_bytes_in_utf_8_harm_no_other_letter() -> None:
    body = "Title,Text\nBrücken für Köln,x\n".encode() + b"B\xe9ton,y\n"
    assert [raw["Title"] for raw in _raws(body)] == ["Brücken für Köln", "Béton"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["课程名称,语言\n桥梁检测与评定,中文\n", "Title,Link\nB,x\n"])
def test_utf_16_without_a_mark_is_seen(encoding: str, text: str) -> None:
    assert len(_raws(text.encode(encoding))) == 1


def test_a_nul_here_and_there_is_left_out_and_makes_no_utf_16() -> None:
    assert _raws(b"Title,Text\nA\x00,b\x00\nB,c\n") == [
        {"Title": "A", "Text": "b"}, {"Title": "B", "Text": "c"},
    ]  # fmt: skip


def test_a_stray_quote_swallows_no_other_row() -> None:
    body = b'Title,Text\nA,"open here\nB,b\nC,"quoted, well"\nD,"he said "hi", twice"\nE,e\n'
    (page,) = _read(body)
    assert [item.raw for item in page.items if not isinstance(item, Tombstone)] == [
        {"Title": "A", "Text": '"open here'},
        {"Title": "B", "Text": "b"},
        {"Title": "C", "Text": "quoted, well"},
        {"Title": "D", "Text": 'he said "hi', "column 3": 'twice"'},
        {"Title": "E", "Text": "e"},
    ]
    assert [item.line for item in page.items if isinstance(item, Upsert)] == [2, 3, 4, 5, 6]
    ((code, message),) = page.warnings
    assert code == "W-QUOTE-BROKEN"
    assert "row 2, 5" in message


def test_broken_quotes_everywhere_are_refused_and_cost_no_time() -> None:
    body = b"Title,Text\n" + b'A,"x" y\n' * 200_000
    with pytest.raises(SourceMisconfigured, match=r"over 100 rows have broken quotes.*first is 2"):
        _read(body)


def test_a_quote_that_is_never_closed_is_named_by_its_row() -> None:
    with pytest.raises(SourceUnavailable, match="begins in row 3 is not closed"):
        _read(b'Title,Text\nA,a\nB,"b\nC,c\nD,d\n')


def test_cells_of_html_between_semicolons_are_kept_whole() -> None:
    text = (
        "Titel;Beschreibung;Link\n"
        'Brücken;"<p class=""a"">Eins; zwei,\ndrei</p>";https://x.example/1\n'
        'Tunnel;<a href="https://x.example/a,b">mehr</a>;https://x.example/2\n'
    )
    first, second = _raws(text.encode())
    assert first["Beschreibung"] == '<p class="a">Eins; zwei,\ndrei</p>'
    assert second["Beschreibung"] == '<a href="https://x.example/a,b">mehr</a>'
    (page,) = _read(text.encode())
    assert [item.line for item in page.items if isinstance(item, Upsert)] == [2, 4]


@pytest.mark.parametrize(
    "banner",
    [b"Our society 2026\n\nPrinted on Monday\n", b"Our society,,\n,,\nFilter:,all,\n",
     b"sep=,\n", b"note\n" * 40],
)  # fmt: skip
def test_banners_above_the_header_are_passed_over(banner: bytes) -> None:
    (raw,) = _raws(banner + b"Title,Link,Hours\nB,https://x.example/1,3\n")
    assert raw == {"Title": "B", "Link": "https://x.example/1", "Hours": "3"}


def test_a_table_without_headers_says_how_it_is_read() -> None:
    with pytest.raises(SourceMisconfigured, match=r"header_row: 0 and columns: \{'title': '1'\}"):
        _read(b"https://x.example/1,Bridges\nhttps://x.example/2,Tunnels\n")


def _book(fill: Any) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_cell_merged_over_rows_speaks_for_each_of_them() -> None:
    def fill(book: Any) -> None:
        sheet = book.active
        for cells in (
            ["Catalogue", None, None], ["Course", None, "Dates"], ["Title", "Link", "Start"],
            ["B", "https://x.example/1", date(2026, 1, 1)], [None, "https://x.example/2", 46054],
        ):  # fmt: skip
            sheet.append(cells)
        sheet.merge_cells("A1:C1")
        sheet.merge_cells("A2:B2")
        sheet.merge_cells("A4:A5")
        sheet.auto_filter.ref = "A3:C5"

    raws = _raws(_book(fill))
    assert [raw["Title"] for raw in raws] == ["B", "B"]
    starts = [_connector().normalise(raw).runs[0].start for raw in raws]
    assert starts == ["2026-01-01", "2026-02-01"], "the second is the sheet's number of the day"


def test_the_sheet_with_the_courses_is_found_and_the_others_are_told() -> None:
    def fill(book: Any) -> None:
        book.active.title = "Read me"
        book.active.append(["Fill in the second sheet"])
        hidden = book.create_sheet("Lists")
        hidden.append(["Title", "Link"])
        hidden.sheet_state = "hidden"
        courses = book.create_sheet("Courses")
        courses.append(["Title", "Link"])
        courses.append(["A", "https://x.example/1"])

    body = _book(fill)
    (page,) = _read(body)
    assert [item.source_id for item in page.items] == ["https://x.example/1"]
    ((code, message),) = page.warnings
    assert code == "W-SHEETS-LEFT"
    assert "'Courses' was read, and not 'Read me'" in message
    assert len(_read(body, _connector(sheet="Courses"))[0].warnings) == 0
    with pytest.raises(SourceMisconfigured, match="there are Read me, Lists, Courses"):
        _read(body, _connector(sheet="Nowhere"))


def test_a_formula_that_was_never_reckoned_costs_its_cell_and_no_more() -> None:
    body = _workbook([["Title", "Hours", "Fee"], ["A", "=1+2", "#N/A"], ["=A2", "3", "4"]])
    (page,) = _read(body)
    assert [type(item) for item in page.items] == [Upsert, Rejected]
    assert page.items[0].raw == {"Title": "A", "Hours": "", "Fee": ""}


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("46143", "2026-05-01"), ("46143.5", "2026-05-01T12:00:00"), ("2026-05-01", "2026-05-01"),
        ("20260501", "20260501"), ("12345", "12345"), ("1. Mai", "1. Mai"),
    ],
)  # fmt: skip
def test_a_sheets_own_number_of_a_day_is_that_day(told: str, meant: str) -> None:
    assert _connector().normalise({"Title": "A", "Start": told}).runs[0].start == meant


def test_rows_with_one_id_may_be_dates_of_one_course() -> None:
    body = csv_bytes(
        [
            {"id": "7", "Title": "A", "Start": "2026-01-01", "Venue": "X", "Fee": "5"},
            {"id": "8", "Title": "B", "Start": "2026-02-01", "Venue": "X", "Fee": "5"},
            {"id": "7", "Title": "A", "Start": "2026-03-01", "Venue": "Y", "Fee": "5"},
            {"id": "9", "Title": "", "Start": "2026-03-01", "Venue": "Y", "Fee": "5"},
        ]
    )
    grouping = _connector(group=True)
    (page,) = _read(body, grouping)
    assert [(item.source_id, type(item)) for item in page.items] == [
        ("9", Rejected), ("7", Upsert), ("8", Upsert),
    ]  # fmt: skip
    first = page.items[1]
    assert isinstance(first, Upsert)
    draft = grouping.normalise(first.raw)
    assert [(run.start, run.place_name) for run in draft.runs] == [
        ("2026-01-01", "X"), ("2026-03-01", "Y"),
    ]  # fmt: skip
    assert draft.offers == (OfferDraft("5"),)
    assert (page.complete, page.expected, page.warnings) == (True, None, ())
    assert grouping.place(first.raw, "runs[0].start") == "Start"


def test_many_repeated_ids_are_told_a_few_times_and_kept_each() -> None:
    pages = _read(b"id,Title\n" + b"7,A\n" * 1000)
    assert sum(len(page.items) for page in pages) == 1000
    assert sum(len(page.warnings) for page in pages) == 20


class TestGroupedRowsKeepTheContract(ConnectorContract):
    def connector(self) -> Table:
        return _connector(group=True)

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        dates = (f"2026-01-{n % 28 + 1:02}" for n in range(300))
        listed = ({"Course code": f"D-{n % 250}", "Title": "D", "Start": start}
                  for n, start in enumerate(dates))  # fmt: skip
        return csv_bytes([*ROWS, *listed])


@pytest.mark.slow
def test_a_million_rows_are_read() -> None:
    """Slow: 20 seconds; nothing smaller shows that the rows are not held many times over."""
    rows_of = b"".join(b"Course %d,https://x.example/%d,3\n" % (n, n) for n in range(1_000_000))
    fetch = FunctionFetch(lambda _: b"Title,Link,Hours\n" + rows_of)
    pages = _connector().pages(fetch, None)
    first = next(pages)
    last, seen = first, len(first.items)
    for page in pages:
        last, seen = page, seen + len(page.items)
    assert (seen, last.complete, first.expected) == (1_000_000, True, 1_000_000)
    assert last.items[-1].source_id == "https://x.example/999999"


def test_a_header_of_very_many_columns_costs_no_time() -> None:
    with pytest.raises(SourceMisconfigured, match="over 16384 columns"):
        _read(b"Title," + b"x," * 500_000 + b"\nA\n")


def test_a_list_of_links_in_markdown_is_a_table() -> None:
    text = (
        "### Index\n\n* [C#](#c-sharp)\n\n"
        "### <a id='c'></a>C#\n\n#### Basics ##\n\n"
        "* [Clean \\| code (part 1)](https://x.example/a_(b)?c=1) - A. Li, Body *(with a login)*\n"
        "- [x] [`C` & more](http://x.example/2 )&rlm;\n"
        "  * [Third][ref] is no link\n"
        "\n### SQL\n\nSome prose about it.\n\n"
        '* [Queries](https://x.example/3 "title") – a dash of another kind\n'
    )
    (page,) = _read(text.encode())
    drafts = [_connector().normalise(one.raw) for one in page.items if isinstance(one, Upsert)]
    assert [(one.title["und"], one.url, one.provider, one.subjects) for one in drafts] == [
        ("Clean | code (part 1)", "https://x.example/a_(b)?c=1", "A. Li, Body",
         ("C#", "Basics")),
        ("C & more", "http://x.example/2", None, ("C#", "Basics")),
        ("Queries", "https://x.example/3", None, ("SQL",)),
    ]  # fmt: skip
    assert [one.line for one in page.items if isinstance(one, Upsert)] == [9, 10, 17]
    with pytest.raises(SourceUnavailable, match="its last link is not whole"):
        _read(text.encode() + b"* [Cut](https://x.exam")
