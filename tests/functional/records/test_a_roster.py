"""From a roster to records: checked whole, told by row and field, approved, issued, followed."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import func, select

from app.identity import service as identity
from app.identity.model import OPERATORS_ALONE, SCOPES
from app.platform.lease import SILENCE, THIS_PROCESS, Process
from app.records.rosters import service, store, work
from app.records.rosters.tables import RosterErrorRow, RosterLineRow, RosterPartRow
from app.records.tables import RecordRow
from app.trust import service as trust
from app.trust.signer import SignerError
from app.verification.verify import verify
from tests.simulator import rosters
from tests.simulator.node import Node

pytestmark = pytest.mark.slow

ROSTERS = "/api/v1/societies/cse/rosters"


def upload(node: Node, data: bytes, kind: str = "text/csv", **more: Any) -> Response:
    headers = {**node.token("cse"), "Content-Type": kind, **more.pop("headers", {})}
    return node.http.post(ROSTERS, content=data, headers=headers, **more)


def desk(node: Node) -> work.Desk:
    return work.Desk(node.database, node.signer, node.public_url, lambda: node.now)


def issue(node: Node) -> None:
    """What the worker does until there is nothing left to do."""
    while work.work(desk(node)):
        pass


def get(node: Node, path: str) -> Any:
    answer = node.http.get(ROSTERS + path, headers=node.token("cse"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def count(node: Node, table: Any) -> int:
    with node.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


FORMS: list[tuple[str, str, Callable[[], bytes]]] = [
    ("text/csv", "csv", lambda: rosters.as_csv(rosters.rows(3))),
    ("text/csv", "csv", lambda: rosters.as_csv(rosters.rows(3), delimiter=";", encoding="utf-16")),
    ("text/csv", "csv", lambda: rosters.as_csv(rosters.rows(3), delimiter="\t",
                                               encoding="gb18030")),
    ("text/csv", "csv", lambda: rosters.as_csv(rosters.rows(3), delimiter="|",
                                               encoding="utf-8-sig")),
    ("application/octet-stream", "xlsx", lambda: rosters.as_xlsx(rosters.rows(3))),
    ("application/json", "json", lambda: rosters.as_json(map(rosters.completion, range(3)))),
    ("application/x-ndjson", "json", lambda: rosters.as_ndjson(map(rosters.completion, range(3)))),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "form", "made"), FORMS)
def test_a_roster_becomes_records_that_anybody_can_verify(
    cse: Node, kind: str, form: str, made: Callable[[], bytes]
) -> None:
    answer = upload(cse, made(), kind)
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert (told["state"], told["format"], told["counts"]["bad"]) == ("issuing", form, 0)
    issue(cse)
    told = get(cse, f"/{told['id']}")
    assert told["state"] == "done"
    assert told["counts"] == {
        "rows": 3, "bad": 0, "waiting": 0, "issued": 3, "existed": 0, "failed": 0
    }  # fmt: skip
    page = get(cse, f"/{told['id']}/records")
    with cse.database.read() as session:
        bundle = trust.bundle(session, at=cse.now)
    for one in page["records"]:
        for raw in cse.forms(one["record"], "cse"):
            assert verify(raw, bundle=bundle, at=cse.now).accept().title


def test_good_rows_are_issued_and_bad_ones_told_with_their_mends(cse: Node) -> None:
    rows = rosters.rows(6)
    rows[1] = rosters.row(2, completed_on="20.11.2026", mode="by post")
    rows[3] = rosters.row(1)  # the same holder, course and run as the first
    rows[4] = rosters.row(5, register_number="SECRET\x0b4711")
    told = upload(cse, rosters.as_csv(rows)).json()
    assert told["counts"] | {"waiting": 0} == {
        "rows": 6, "bad": 3, "waiting": 0, "issued": 0, "existed": 0, "failed": 0
    }  # fmt: skip
    issue(cse)
    assert get(cse, f"/{told['id']}")["state"] == "done_with_errors"
    assert [one["row"] for one in get(cse, f"/{told['id']}/records")["records"]] == [2, 4, 7]
    errors = get(cse, f"/{told['id']}/errors")["errors"]
    assert [(e["row"], e["column"], e["field"], e["value"], e["code"]) for e in errors] == [
        (3, "F", "Completed on", "20.11.2026", "date-form"),
        (3, "H", "Mode", "by post", "value-unknown"),
        (5, None, "row", None, "row-twice"),
        (6, "A", "Register number", None, "text-control"),
    ]
    assert "Row 2" in errors[2]["mend"]
    assert all(error["mend"] for error in errors)


@pytest.mark.slow
def test_errors_can_be_downloaded_and_hold_no_formula(cse: Node) -> None:
    data = rosters.as_csv([rosters.row(1), rosters.row(2, mode='=HYPERLINK("x")')])
    told = upload(cse, data).json()
    answer = cse.http.get(f"{ROSTERS}/{told['id']}/errors.csv", headers=cse.token("cse"))
    assert answer.headers["content-type"].startswith("text/csv")
    header, line = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert header == ["row", "column", "field", "value", "code", "mend"]
    assert line[:5] == ["3", "H", "Mode", '\'=HYPERLINK("x")', "value-unknown"]


def test_nothing_is_signed_before_every_row_is_checked(cse: Node) -> None:
    upload(cse, rosters.as_csv(rosters.rows(3)))
    assert cse.signer.signatures == 0
    assert count(cse, RecordRow) == 0


def test_all_or_nothing_issues_nothing_when_a_row_is_bad(cse: Node) -> None:
    data = rosters.as_csv(rosters.rows(5, every_bad=5))
    told = upload(cse, data, params={"all_or_nothing": True}).json()
    issue(cse)
    told = get(cse, f"/{told['id']}")
    assert told["state"] == "rejected"
    assert "1 of 5" in told["reason"]
    assert count(cse, RecordRow) == 0


def test_neither_the_file_nor_what_it_said_is_kept(cse: Node) -> None:
    upload(cse, rosters.as_csv(rosters.rows(4, every_bad=4)))
    assert count(cse, RosterPartRow) == 0
    issue(cse)
    with cse.database.read() as session:
        assert set(session.scalars(select(RosterLineRow.completion))) == {None}
        told = session.execute(select(RosterErrorRow.value, RosterErrorRow.mend)).all()
    assert "REG-" not in str(told)


def test_a_second_person_approves(cse: Node) -> None:
    with cse.database.write() as session:
        service.set_approval(session, "cse", approval=True, at=cse.now, who="operator")
        other = identity.new_client(
            session,
            organisation_id="cse",
            name="head of CPD",
            scopes=set(SCOPES) - {OPERATORS_ALONE},
            at=cse.now,
        )
    told = upload(cse, rosters.as_csv(rosters.rows(2))).json()
    assert told["state"] == "waiting_for_approval"
    issue(cse)
    assert count(cse, RecordRow) == 0
    path = f"{ROSTERS}/{told['id']}"
    same = cse.http.post(f"{path}/approve", headers=cse.token("cse"))
    assert (same.status_code, same.json()["code"]) == (409, "roster-same-person")
    cse._credentials["cse"] = other
    assert cse.http.post(f"{path}/approve", headers=cse.token("cse")).json()["state"] == "issuing"
    issue(cse)
    told = get(cse, f"/{told['id']}")
    assert (told["state"], told["counts"]["issued"]) == ("done", 2)
    assert told["decided_by"] == f"client:{other.client_id}"


@pytest.mark.slow
def test_a_roster_is_rejected_with_a_reason_and_forgotten(cse: Node) -> None:
    with cse.database.write() as session:
        service.set_approval(session, "cse", approval=True, at=cse.now, who="operator")
    told = upload(cse, rosters.as_csv(rosters.rows(2))).json()
    path = f"{ROSTERS}/{told['id']}"
    empty = cse.http.post(f"{path}/reject", json={"reason": " "}, headers=cse.token("cse"))
    assert empty.json()["errors"][0]["pointer"] == "/reason"
    said = cse.http.post(
        f"{path}/reject", json={"reason": "Not our course."}, headers=cse.token("cse")
    ).json()
    assert (said["state"], said["reason"]) == ("rejected", "Not our course.")
    late = cse.http.post(f"{path}/cancel", headers=cse.token("cse"))
    assert late.json()["code"] == "roster-state"
    with cse.database.read() as session:
        assert set(session.scalars(select(RosterLineRow.completion))) == {None}


@pytest.mark.slow
def test_another_process_goes_on_with_what_this_one_has_checked(cse: Node) -> None:
    told = upload(cse, rosters.as_csv(rosters.rows(2))).json()
    other = replace(desk(cse), process=Process(THIS_PROCESS.host, 1, "another, alive"))
    assert work.go_on(other, told["id"], batches=9) == 1
    assert get(cse, f"/{told['id']}")["state"] == "done"


def test_what_a_living_process_holds_is_left_to_it_and_a_dead_ones_is_taken_over(
    cse: Node,
) -> None:
    told = upload(cse, rosters.as_csv(rosters.rows(2))).json()
    with cse.database.write() as session:
        other = Process(THIS_PROCESS.host, 1, "another, alive")
        assert store.hold(session, told["id"], other, instead=None, at=cse.now)
    assert work.go_on(desk(cse), told["id"], batches=9) == 0
    cse.now += SILENCE + timedelta(minutes=1)
    assert work.go_on(desk(cse), told["id"], batches=9) == 1
    assert get(cse, f"/{told['id']}")["state"] == "done"


@pytest.mark.slow
def test_a_stopped_roster_issues_no_more_and_keeps_what_is_out(
    cse: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "BATCH", 4)
    told = upload(cse, rosters.as_csv(rosters.rows(7))).json()
    work.go_on(desk(cse), told["id"], batches=1)
    said = cse.http.post(f"{ROSTERS}/{told['id']}/cancel", headers=cse.token("cse")).json()
    assert (said["state"], said["counts"]["issued"]) == ("cancelled", 4)
    issue(cse)
    assert count(cse, RecordRow) == 4
    assert len(get(cse, f"/{told['id']}/records")["records"]) == 4


def test_the_same_roster_again_finds_the_same_records(cse: Node) -> None:
    data = rosters.as_csv(rosters.rows(3))
    first = upload(cse, data).json()
    issue(cse)
    again = upload(cse, data).json()
    assert again["id"] != first["id"]
    issue(cse)
    assert get(cse, f"/{again['id']}")["counts"]["existed"] == 3
    assert count(cse, RecordRow) == 3


@pytest.mark.slow
def test_the_same_key_gives_the_same_roster(cse: Node) -> None:
    data = rosters.as_csv(rosters.rows(2))
    one = upload(cse, data, headers={"Idempotency-Key": "k"})
    two = upload(cse, data, headers={"Idempotency-Key": "k"})
    assert (one.status_code, two.status_code) == (202, 200)
    assert one.json()["id"] == two.json()["id"]
    other = upload(cse, rosters.as_csv(rosters.rows(3)), headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


@pytest.mark.slow
def test_a_row_that_contradicts_an_earlier_record_is_an_error_before_anything_is_signed(
    cse: Node,
) -> None:
    upload(cse, rosters.as_csv(rosters.rows(1)))
    issue(cse)
    signed = cse.signer.signatures
    data = rosters.as_csv([rosters.row(1, contact_minutes="90"), rosters.row(2)])
    told = upload(cse, data).json()
    (error,) = get(cse, f"/{told['id']}/errors")["errors"]
    assert (error["row"], error["code"]) == (2, "recorded-before")
    assert cse.signer.signatures == signed


def test_a_row_corrects_a_record(cse: Node) -> None:
    old = cse.complete("cse", rosters.completion(1), key="k").json()
    data = rosters.as_json([rosters.completion(1, contact_minutes=90, supersedes=old["id"])])
    told = upload(cse, data, "application/json").json()
    issue(cse)
    (new,) = get(cse, f"/{told['id']}/records")["records"]
    listed = cse.http.get("/api/v1/societies/cse/records", headers=cse.token("cse")).json()
    assert {one["id"]: one["status"] for one in listed["records"]} == {
        new["record"]: "valid",
        old["id"]: "superseded",
    }


@pytest.mark.slow
def test_a_form_carries_a_roster_too(cse: Node) -> None:
    answer = cse.http.post(
        ROSTERS,
        files={"file": ("roster.csv", rosters.as_csv(rosters.rows(2)), "text/csv")},
        headers=cse.token("cse"),
    )
    assert (answer.status_code, answer.json()["counts"]["rows"]) == (202, 2)
    without = cse.http.post(ROSTERS, files={"x": ("a", b"b")}, headers=cse.token("cse"))
    assert without.json()["errors"][0]["code"] == "file-missing"


@pytest.mark.slow
def test_a_wish_in_the_form_is_refused_and_not_overlooked(cse: Node) -> None:
    answer = cse.http.post(
        ROSTERS,
        files={"file": ("roster.csv", rosters.as_csv(rosters.rows(2)), "text/csv")},
        data={"all_or_nothing": "true"},
        headers=cse.token("cse"),
    )
    (told,) = answer.json()["errors"]
    assert (answer.status_code, told["code"]) == (422, "form-field")
    assert told["pointer"].endswith("all_or_nothing")
    assert "?all_or_nothing=true" in told["detail"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b"<html><body>Log in</body></html>", "web page"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04 no workbook at all", "workbook"),
        (b"name,date\nx,y\n", "columns"),
        (b'[{"holder": {}', "cut"),
        (b'[{"a": 1, "a": 2}]', "twice"),
        (b"[" * 100_000, "JSON"),
        (rosters.as_csv(rosters.rows(1)).replace(b"REG", b'"REG'), "not closed"),
        (b"\xff\xfe" + "a,b".encode("utf-16-le") + b"\x00", "cut"),
    ],
)
def test_what_is_no_roster_is_refused_at_once(cse: Node, data: bytes, told: str) -> None:
    answer = upload(cse, data, "application/octet-stream")
    assert answer.status_code == 422, answer.text
    assert told in answer.json()["detail"]
    assert get(cse, "")["rosters"] == []


@pytest.mark.slow
def test_a_file_that_was_cut_on_its_way_issues_nothing(cse: Node) -> None:
    data = rosters.as_csv(rosters.rows(900))
    told = upload(cse, data[: data.rindex(b"360")]).json()
    issue(cse)
    told = get(cse, f"/{told['id']}")
    assert told["state"] == "rejected"
    assert "cut" in told["reason"]
    assert count(cse, RecordRow) == 0


@pytest.mark.slow
def test_an_unknown_column_is_named_with_its_letter(cse: Node) -> None:
    data = b"register number,title,completed on,mode,assessed,contact minutes,shoe size\n"
    answer = upload(cse, data + b"1,Bridges,2026-11-20,onsite,yes,60,42\n").json()
    (field,) = answer["errors"]
    assert (field["pointer"], field["code"]) == ("G: shoe size", "column-unknown")


@pytest.mark.slow
def test_every_template_is_a_roster_of_its_own(cse: Node) -> None:
    for form in ("csv", "xlsx", "json"):
        answer = cse.http.get(f"/api/v1/rosters/template.{form}")
        assert answer.status_code == 200
        assert f'filename="roster.{form}"' in answer.headers["content-disposition"]
        told = upload(cse, answer.content, "application/octet-stream").json()
        assert (told["format"], told["counts"]["bad"]) == (form, 0), told


@pytest.mark.slow
def test_rosters_are_listed_in_pages_newest_first(cse: Node) -> None:
    ids = [upload(cse, rosters.as_csv([rosters.row(n)])).json()["id"] for n in range(3)]
    first = get(cse, "?limit=2")
    rest = get(cse, f"?limit=2&cursor={first['next_cursor']}")
    assert [one["id"] for one in first["rosters"] + rest["rosters"]] == ids[::-1]
    assert rest["next_cursor"] is None


def test_a_roster_of_another_society_does_not_exist(cse: Node) -> None:
    cse.add_society("pec")
    told = upload(cse, rosters.as_csv(rosters.rows(1))).json()
    for path in (ROSTERS, f"/api/v1/societies/pec/rosters/{told['id']}"):
        answer = cse.http.get(path, headers=cse.token("pec"))
        assert answer.status_code in {403, 404}
    own = cse.http.get(f"{ROSTERS}/{told['id']}", headers=cse.token("pec"))
    assert own.status_code == 404
    refused = cse.http.post(ROSTERS, content=b"x", headers=cse.token("pec"))
    assert refused.status_code == 403


def test_a_signer_that_is_gone_keeps_the_rows_for_later(cse: Node) -> None:
    told = upload(cse, rosters.as_csv(rosters.rows(3))).json()
    cse.signer.break_at(7)
    with pytest.raises(SignerError, match="cable"):
        issue(cse)
    counts = get(cse, f"/{told['id']}")["counts"]
    assert (counts["failed"], counts["issued"] + counts["waiting"]) == (0, 3)
    issue(cse)
    assert get(cse, f"/{told['id']}")["counts"]["issued"] == 3
    assert count(cse, RecordRow) == 3


@pytest.mark.parametrize("text", ["\ud800", "\0", "a\udc00\0b"])
def test_what_no_database_takes_is_an_error_of_its_row_like_any_other(cse: Node, text: str) -> None:
    odd = [
        rosters.completion(0),
        rosters.completion(1, kind=text),
        rosters.completion(2, course_run=text),
        {**rosters.completion(3), text: text},
    ]
    answer = upload(cse, json.dumps(odd).encode(), "application/json")
    assert answer.status_code == 202, answer.text
    issue(cse)
    told = get(cse, f"/{answer.json()['id']}")
    assert (told["state"], told["counts"]["bad"], told["counts"]["issued"]) == (
        "done_with_errors", 3, 1,
    )  # fmt: skip
    errors = get(cse, f"/{told['id']}/errors")["errors"]
    assert {one["row"] for one in errors} == {2, 3, 4}


def test_a_roster_that_cannot_go_on_holds_up_no_other(
    cse: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = (
        upload(cse, rosters.as_csv([rosters.row(number)])).json()["id"] for number in (1, 2)
    )
    go_on = work.go_on

    def breaks(where: work.Desk, roster_id: str, *, batches: int) -> int:
        if roster_id == stuck:
            raise ZeroDivisionError
        return go_on(where, roster_id, batches=batches)

    monkeypatch.setattr(work, "go_on", breaks)
    with pytest.raises(ZeroDivisionError):
        work.work(desk(cse))
    assert (get(cse, f"/{stuck}")["state"], get(cse, f"/{other}")["state"]) == ("issuing", "done")
