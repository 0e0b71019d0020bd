"""A made-up OAI-PMH repository, large and quick: its pages are written before the first request.

    python -m tests.bench.harvest.feed RECORDS

Says its address on the first line and serves on loopback until its standard input ends. A page
holds 100 records, as most repositories' do. The same count gives the same records each time.
"""

import random
import socketserver
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from tests.simulator.feeds import DC, OAI, OAI_DC

PAGE = 100
_TEXTS = {
    "en": "structural design of concrete bridges under seismic load with worked examples and site "
    "practice for chartered engineers who review calculations materials and durability "
    "risk assessment water supply grid stability embedded systems and professional ethics",
    "de": "Grundlagen der Tragwerksplanung für Brücken aus Stahlbeton mit Übungen zur Prüfung von "
    "Berechnungen Werkstoffen Dauerhaftigkeit Netzstabilität und Haftung der Ingenieure im Bau",
    "fr": "conception des ouvrages en béton armé sous charge sismique avec études de cas sur la "
    "durabilité des matériaux l'énergie les réseaux d'eau et la déontologie de l'ingénieur",
    "es": "diseño estructural de puentes de hormigón con ejemplos resueltos sobre sismicidad "
    "materiales redes eléctricas gestión del agua y ética para ingenieros",
    "ru": "проектирование железобетонных мостов при сейсмической нагрузке с примерами расчётов "
    "материалы долговечность сети водоснабжение и профессиональная этика инженера",
    "zh": "桥梁结构 混凝土 抗震设计 计算实例 材料耐久性 电网稳定 供水工程 职业道德 工程师继续教育 "
    "风险评估 施工现场管理 嵌入式系统 环境保护 质量控制",
    "ar": "تصميم الجسور الخرسانية تحت الأحمال الزلزالية مع أمثلة محلولة حول المواد والشبكات "
    "الكهربائية وإدارة المياه وأخلاقيات المهنة للمهندسين",
}
_WORDS = {language: text.split() for language, text in _TEXTS.items()}
_MOSTLY = ["en", "en", "en", "en", "de", "fr", "es", "ru", "zh", "zh", "ar"]
_NAMES = ("Achieng", "Müller", "Okafor", "Ivanova", "García", "Wang", "Haddad", "Dubois", "Silva")
_RIGHTS = ("https://creativecommons.org/licenses/by/4.0/", "CC BY-SA 4.0", "All rights reserved")


def _said(rng: random.Random, language: str, *, characters: int) -> str:
    words, made, length = _WORDS[language], [], 0
    while length < characters:
        word = rng.choice(words)
        made.append(word)
        length += len(word) + 1
    return " ".join(made)


def _element(name: str, text: str, language: str | None = None) -> str:
    marked = f' xml:lang="{language}"' if language else ""
    return f"<dc:{name}{marked}>{escape(text)}</dc:{name}>"


def record(number: int) -> str:
    """One record as its repository writes it; some two kilobytes."""
    rng = random.Random(number)
    language = rng.choice(_MOSTLY)
    several = rng.random() < 0.3
    parts = [_element("title", f"{_said(rng, language, characters=45)} {number}", language)]
    if several:
        parts.append(_element("title", f"{_said(rng, 'en', characters=45)} {number}", "en"))
    parts += [
        _element("creator", f"{rng.choice(_NAMES)}, {rng.choice(_NAMES)[0]}.")
        for _ in range(rng.randint(1, 4))
    ]
    parts += [
        _element("subject", _said(rng, language, characters=15)) for _ in range(rng.randint(2, 5))
    ]
    length = rng.randint(600, 1200) if language != "zh" else rng.randint(300, 600)
    parts.append(_element("description", _said(rng, language, characters=length), language))
    if several:
        parts.append(_element("description", _said(rng, "en", characters=400), "en"))
    parts += [
        _element("publisher", f"Society of {rng.choice(_NAMES)}"),
        _element(
            "date", f"20{rng.randint(10, 26)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        ),
        _element("type", rng.choice(("Course", "course", "info:eu-repo/semantics/lecture"))),
        _element("format", "text/html"),
        _element("identifier", f"https://courses.example.org/en/catalogue/{number}"),
        _element("language", language),
        _element("rights", rng.choice(_RIGHTS)),
    ]
    if rng.random() < 0.5:
        parts.append(_element("identifier", f"https://doi.org/10.5555/opencpd.{number}"))
    return (
        f"<record><header><identifier>oai:courses.example.org:{number}</identifier>"
        f"<datestamp>2026-{number % 12 + 1:02}-{number % 28 + 1:02}T08:00:00Z</datestamp>"
        f"<setSpec>courses</setSpec></header><metadata>"
        f'<oai_dc:dc xmlns:oai_dc="{OAI_DC}" xmlns:dc="{DC}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="{OAI_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd">'
        f"{''.join(parts)}</oai_dc:dc></metadata></record>\n"
    )


def _answer(inside: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="{OAI}">'
        f"<responseDate>2026-11-01T12:00:00Z</responseDate>{inside}</OAI-PMH>"
    ).encode()


def _identify() -> bytes:
    return _answer(
        '<request verb="Identify">http://127.0.0.1/oai</request><Identify>'
        "<repositoryName>Bench</repositoryName><protocolVersion>2.0</protocolVersion>"
        "<deletedRecord>no</deletedRecord><granularity>YYYY-MM-DDThh:mm:ssZ</granularity>"
        "</Identify>"
    )


def pages(records: int) -> Iterator[bytes]:
    """The answers to a list from its beginning to its end."""
    for first in range(0, records, PAGE):
        last = min(first + PAGE, records)
        token = str(last) if last < records else ""
        yield _answer(
            '<request verb="ListRecords">http://127.0.0.1/oai</request><ListRecords>'
            + "".join(record(number) for number in range(first, last))
            + f'<resumptionToken completeListSize="{records}" cursor="{first}">{token}'
            "</resumptionToken></ListRecords>"
        )


class _Pages:
    """The pages in a file, which the system keeps in memory."""

    def __init__(self, records: int, file: BinaryIO) -> None:
        self._file, self._lock = file, threading.Lock()
        self._places: dict[str, tuple[int, int]] = {}
        for number, body in enumerate(pages(records)):
            self._places[str(number * PAGE)] = (file.tell(), len(body))
            file.write(body)

    def answer(self, query: str) -> bytes:
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        if asked["verb"] == "Identify":
            return _identify()
        start, length = self._places[asked.get("resumptionToken", "0")]
        with self._lock:
            self._file.seek(start)
            return self._file.read(length)


class _Handler(socketserver.StreamRequestHandler):
    """As little of HTTP as both readers need: the server must not be what is measured."""

    disable_nagle_algorithm = True
    pages: _Pages

    def handle(self) -> None:
        while request := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            body = self.pages.answer(urlsplit(request.split()[1].decode()).query)
            self.wfile.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body) + body
            )


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def main(records: int) -> None:
    with tempfile.TemporaryFile() as file:
        _Handler.pages = _Pages(records, file)
        with _Server(("127.0.0.1", 0), _Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            print(f"http://127.0.0.1:{server.server_address[1]}/oai", flush=True)
            sys.stdin.read()
            server.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]))
