"""Mail goes to the one address it is for, whatever strangers put into it."""

import socketserver
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.identity.people import rules
from app.platform.mail import FolderMailer, MailFailed, Message, SmtpMailer, deliver
from app.platform.problems import Invalid
from tests.servers import free_port

SENDER = "OpenCPD <opencpd@cpd.example>"
LETTERS = st.sampled_from(
    ["ada", "@", "example.org", "\r", "\n", "Bcc:", " ", "<", ">", ",", ";", '"', "=?utf-8?q?",
     "?=", "=40", "=3e", "\u200b", "\x00", "é", "测试", ".", "+", "(", ")", "\\", "xn--", "%0a"]
)  # fmt: skip


@given(st.lists(LETTERS, max_size=9).map("".join))
@example("=?utf-8?q?eve=40evil.example=3e?=@example.org")
@example("ada@example.org\r\nBcc: eve@example.org")
def test_whatever_passes_for_an_address_is_one_recipient(tmp_path_factory, text: str) -> None:  # type: ignore[no-untyped-def]
    try:
        address = rules.email(text)
    except Invalid:
        return
    folder = tmp_path_factory.mktemp("mail")
    FolderMailer(folder, SENDER).send(Message(address, "Sign in", "A link."))
    (file,) = folder.iterdir()
    read = message_from_bytes(file.read_bytes(), policy=policy.SMTPUTF8)
    assert [one.addr_spec for one in read["To"].addresses] == [address]
    assert set(read.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version",
        "Content-Type", "Content-Transfer-Encoding",
    }  # fmt: skip


@pytest.mark.parametrize("field", ["to", "subject"])
def test_a_line_that_ends_a_header_is_refused(tmp_path: Path, field: str) -> None:
    fields = {"to": "ada@example.org", "subject": "Sign in", "text": "A link."}
    fields[field] += "\r\nBcc: eve@example.org"
    with pytest.raises(ValueError, match="linefeed"):
        FolderMailer(tmp_path, SENDER).send(Message(**fields))


def test_mail_in_the_folder_is_its_owners_alone_and_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    mailer = FolderMailer(tmp_path / "mail", SENDER, told.append)
    mailer.send(Message("ada@example.org", "Sign in", "https://cpd.example/sign-in/link/x"))
    (file,) = (tmp_path / "mail").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "https://cpd.example/sign-in/link/x" in told[0]


class Server(socketserver.StreamRequestHandler):
    """As much of a mail server (RFC 5321) as takes one message, or refuses it."""

    def handle(self) -> None:
        said: list[bytes] = self.server.said  # type: ignore[attr-defined]
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            said.append(line)
            word = line[:4].upper()
            if word == b"EHLO":
                self.wfile.write(b"250-here\r\n250 SMTPUTF8\r\n")
            elif word == b"RCPT" and b"refused" in line:
                self.wfile.write(b"550 no such mailbox\r\n")
            elif word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (part := self.rfile.readline()) != b".\r\n":
                    said.append(part)
                self.wfile.write(b"250 taken\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 well\r\n")


@contextmanager
def mail_server() -> Iterator[tuple[str, list[bytes]]]:
    with socketserver.TCPServer(("127.0.0.1", 0), Server) as server:
        server.said = said = []  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}", said
        server.shutdown()
        thread.join()


def test_a_mail_server_is_given_the_message_for_its_one_recipient() -> None:
    with mail_server() as (url, said):
        SmtpMailer(url, SENDER).send(Message("ada@example.org", "Sign in", "A link.\n.\nEnd."))
    lines = [line.strip().decode() for line in said]
    assert [line for line in lines if line.startswith("rcpt")] == ["rcpt TO:<ada@example.org>"]
    assert any(line.startswith("mail FROM:<opencpd@cpd.example>") for line in lines)
    assert {"To: ada@example.org", "Subject: Sign in", "Auto-Submitted: auto-generated"} <= set(
        lines
    )


def test_a_mail_server_that_refuses_or_is_not_there_is_one_failure() -> None:
    message = Message("refused@example.org", "Sign in", "A link.")
    with mail_server() as (url, _said), pytest.raises(MailFailed):
        SmtpMailer(url, SENDER).send(message)
    with pytest.raises(MailFailed):
        SmtpMailer(f"smtp://127.0.0.1:{free_port()}", SENDER).send(message)


def test_after_the_answer_a_failure_is_written_down_without_the_mail() -> None:
    mailer = SmtpMailer(f"smtp://127.0.0.1:{free_port()}", SENDER)
    with capture_logs() as logged:
        deliver(mailer, Message("ada@example.org", "Sign in", "https://cpd.example/secret"))
    assert [line["event"] for line in logged] == ["mail not sent"]
    assert "secret" not in str(logged)
    assert "ada@" not in str(logged)


@pytest.mark.parametrize("length", [10, 200, 800])
def test_an_address_that_ends_a_subscription_is_never_folded(tmp_path: Path, length: int) -> None:
    headers = {
        "List-Unsubscribe": f"<https://cpd.example/unsubscribe/{'aB1_-' * (length // 5)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    message = Message("ada@example.org", "新课程 " * 20, "Text.", headers)
    FolderMailer(tmp_path, SENDER).send(message)
    (file,) = tmp_path.iterdir()
    for name, value in headers.items():
        assert f"\r\n{name}: {value}\r\n".encode() in file.read_bytes()


def test_a_header_of_ours_cannot_begin_another(tmp_path: Path) -> None:
    headers = {"List-Unsubscribe": "<https://cpd.example/>\r\nBcc: eve@example.org"}
    with pytest.raises(ValueError, match="linefeed"):
        FolderMailer(tmp_path, SENDER).send(Message("ada@example.org", "Hi", "Text.", headers))
