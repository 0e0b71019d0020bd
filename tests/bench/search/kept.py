"""Indexes of the invented courses, built once and kept for the next run; and servers over them."""

import http.client
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from app.search.embedded import EmbeddedIndex
from app.search.meili import MeilisearchIndex
from app.search.searchable import VERSION
from tests import servers
from tests.bench.search import courses
from tests.bench.search.clients import Request

ROOT = Path(__file__).parents[3]
CACHE = Path(tempfile.gettempdir()) / "opencpd-bench-search"


def _folder(cache: Path, backend: str, documents: int) -> Path:
    """The folder of such an index, which may not be there yet."""
    return cache / f"{backend}-{documents}-{courses.SEED}-{VERSION}"


def _say_built(what: str, count: int, started: float) -> None:
    seconds = time.perf_counter() - started
    print(
        f"built {what}: {count} documents in {seconds:.0f} s, {count / seconds:.0f}/s", flush=True
    )


def embedded(cache: Path, documents: int) -> Path:
    """The data folder of a node whose embedded index has so many courses."""
    data = _folder(cache, "embedded", documents)
    index = EmbeddedIndex(data / "index")
    index.ensure()
    if index.health().documents != documents or index.health().needs_rebuild:
        started = time.perf_counter()
        index.rebuild(courses.documents(documents))
        _say_built("the embedded index", documents, started)
    index.close()
    return data


@contextmanager
def meilisearch(cache: Path, documents: int) -> Iterator[str | None]:
    """The address of a Meilisearch server whose index has so many courses; ``None`` without one."""
    binary = servers.fetch_meilisearch()
    if binary is None:
        yield None
        return
    folder = _folder(cache, "meilisearch", documents)
    folder.mkdir(parents=True, exist_ok=True)
    who: dict[str, object] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    runnable = folder / "meilisearch"
    if not runnable.exists():
        shutil.copy2(binary, runnable)
    url = f"http://127.0.0.1:{servers.free_port()}"
    server = subprocess.Popen(
        [runnable, "--http-addr", url.removeprefix("http://"), "--no-analytics", "--env",
         "development", "--master-key", servers.MEILI_KEY, "--db-path", folder / "db",
         "--dump-dir", folder / "dumps", "--max-indexing-memory", "512MiB"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who,
    )  # fmt: skip
    try:
        _until_it_answers(f"{url}/health", server)
        index = MeilisearchIndex(url, servers.MEILI_KEY)
        index.ensure()
        if index.health().documents != documents or index.health().needs_rebuild:
            started = time.perf_counter()
            index.rebuild(courses.documents(documents))
            _say_built("the index of Meilisearch", documents, started)
        index.close()
        yield url
    finally:
        server.terminate()
        server.wait(timeout=60)


@contextmanager
def node(data: Path, *, meili_url: str | None = None, processes: int = 1) -> Iterator[str]:
    """The address of a server that ``opencpd serve`` runs.

    Without the worker: it would take out of the index what is not in this node's empty catalogue.
    """
    port = servers.free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("OPENCPD_")},
        "OPENCPD_DATA_DIR": str(data),
        "OPENCPD_LOG_LEVEL": "INFO",
        "PYTHONPATH": str(ROOT),
    }
    if meili_url:
        environment |= {"OPENCPD_MEILI_URL": meili_url, "OPENCPD_MEILI_KEY": servers.MEILI_KEY}
    command = [sys.executable, "-c", "from app.entry import main; main()"]
    server = subprocess.Popen(
        [*command, "serve", "--no-worker", "--port", str(port), "--processes", str(processes)],
        cwd=data, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _until_it_answers(f"http://127.0.0.1:{port}/healthz", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=60)


def _until_it_answers(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if server.poll() is not None:
            raise RuntimeError(f"the server of {url} ended while it was starting")
        try:
            if httpx.get(url, timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer within a minute")


class Recorder:
    """Stands between a node and Meilisearch, and writes down what is asked."""

    def __init__(self, upstream: str) -> None:
        self.seen: list[Request] = []
        parts = urlsplit(upstream)
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._pass_on()

            def do_POST(self) -> None:
                self._pass_on()

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
                kept = ("authorization", "content-type", "accept-encoding")
                headers = {n: v for n, v in self.headers.items() if n.lower() in kept}
                seen.append(Request(self.command, self.path, headers, body))
                there = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
                there.request(self.command, self.path, body, headers)
                answer = there.getresponse()
                content = answer.read()
                there.close()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def taken(self) -> list[Request]:
        """What was asked since the last call."""
        found = list(self.seen)
        self.seen.clear()
        return found

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
