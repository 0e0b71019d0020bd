"""The demonstration from end to end, through the same doors that everybody uses.

1. A node in a folder: SQLite, embedded index, keys; settings kept beside it for the next start.
2. The site, with the three societies' feeds, on loopback.
3. Sources are added and harvested over HTTP, and indexed.
4. A client of each society reports completions over the API; records come back; one is revoked.
5. Registries adopt rules under their own keys; some of the records are given to one and decided.
6. What to open and what to type is printed. Started again, nothing is done twice.
"""

import json
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import uvicorn
from pydantic import SecretStr

from app.catalogue import service as catalogue
from app.catalogue.model import NewSociety
from app.demo import completions, people, registries
from app.demo.feeds import build_router
from app.demo.societies import SOCIETIES
from app.harvest import service as harvest
from app.harvest.model import NewSource
from app.main import create_app
from app.platform import clock, logging
from app.platform.problems import DomainError
from app.platform.settings import Settings
from app.records import enrolment
from app.trust import publishing
from app.wiring import Node, open_node
from app.worker import Worker

FIRST_PORT = 8000
Say = Callable[[str], None]


class DemoError(DomainError):
    """The demonstration cannot run here; the message says what mends it."""

    code = "demo"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the folder remembers between two starts."""

    port: int
    passphrase: str


def run(folder: Path, *, port: int | None, once: bool, say: Say) -> None:
    """Set the demonstration up in ``folder`` and serve it until it is interrupted."""
    logging.configure("WARNING", "console")
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, signal.default_int_handler)
    kept = _remember(folder, port)
    site = f"http://localhost:{kept.port}"
    node = open_node(_settings(folder, kept, site), say=lambda text: say(f"\n{text}"))
    server, thread = _serve(node, kept.port, site)
    worker = Worker(node)
    try:
        _set_up(node, kept.port, say)
        worker.start()
        say(_invitation(folder, site))
        if not once:
            thread.join()
    except KeyboardInterrupt:
        say("stopped; start again to go on from here")
    finally:
        worker.stop()
        server.should_exit = True
        thread.join(timeout=10)
        node.close()


def _remember(folder: Path, port: int | None) -> _Kept:
    """The folder's settings, made on the first start."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DemoError(f"{folder} cannot be used: {error.strerror}.") from error
    file = folder / "demo.json"
    if file.exists():
        kept = _Kept(**json.loads(file.read_text()))
        if port not in (None, kept.port):
            raise DemoError(
                f"{folder} was made for port {kept.port}, and its records name that address. "
                f"Use that port, or another folder: --folder {folder}-{port}"
            )
    else:
        kept = _Kept(port or _free_port(), secrets.token_urlsafe(24))
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            json.dump({"port": kept.port, "passphrase": kept.passphrase}, opened)
    if not _is_free(kept.port):
        raise DemoError(
            f"Port {kept.port} is taken, perhaps by a demonstration that still runs. End it, or "
            f"start another one beside it: opencpd demo --folder {folder}-2"
        )
    return kept


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    found = next((p for p in range(FIRST_PORT, FIRST_PORT + 100) if _is_free(p)), None)
    if found is None:
        raise DemoError(f"No port from {FIRST_PORT} on is free; name one with --port.")
    return found


def _settings(folder: Path, kept: _Kept, site: str) -> Settings:
    return Settings(
        data_dir=folder,
        database_url=None,
        meili_url=None,
        mail_url=None,
        public_url=site,
        node_name="OpenCPD demonstration",
        key_passphrase=SecretStr(kept.passphrase),
        contact=people.OPERATOR,
        fetch_allow=(ip_network("127.0.0.1/32"),),
        log_level="WARNING",
        log_style="console",
    )


def _serve(node: Node, port: int, site: str) -> tuple[uvicorn.Server, threading.Thread]:
    """The site with the societies' feeds, in a thread of its own."""
    app = create_app(node)
    app.include_router(
        build_router(site=site, guard=node.guard, timestamp=_timestamp()), include_in_schema=False
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
    )
    thread = threading.Thread(target=server.run, name="site", daemon=True)
    thread.start()
    while not server.started:
        thread.join(timeout=0.02)
        if not thread.is_alive():
            raise DemoError(f"The site could not be started on port {port}.")
    return server, thread


def _timestamp() -> str:
    return clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _set_up(node: Node, port: int, say: Say) -> None:
    for society in SOCIETIES:
        _enrol(node, society.id)
        source_id = f"{society.id}-feed"
        address = f"http://127.0.0.1:{port}{society.path}"
        with node.database.write() as session:
            if source_id not in {source.id for source in harvest.list_sources(session)}:
                setting = {"oai_pmh": "base_url"}.get(society.connector, "url")
                config = {setting: address, **society.config}
                new = NewSource(society.id, society.connector, config, id=source_id)
                harvest.add_source(session, new, registry=node.registry, at=clock.now())
        ended = harvest.run_source(
            node.database,
            source_id,
            registry=node.registry,
            make_fetch=node.make_fetch,
            now=clock.now,
        )
        counted = ended.counters
        say(
            f"{society.names['en']}: {ended.state.value}, {counted.seen} courses seen over "
            f"{society.connector}, {counted.new} new, {counted.rejected} rejected"
        )
    people.enter(node)
    registries.enter(node)
    Worker(node).index()
    issued = completions.issue(node, address=f"http://127.0.0.1:{port}")
    say(f"{len(issued)} records, one of them revoked, in {node.settings.data_dir / 'records'}")
    given = registries.submit(node, node.settings.data_dir / "records")
    say(f"{len(registries.REGISTRIES)} registries with rules of their own; {given} records decided")
    published = publishing.Served(node.database, node.signer, now=clock.now).newest()
    (node.settings.data_dir / "trust-bundle.json").write_bytes(published.body)


def _enrol(node: Node, society_id: str) -> None:
    society = next(society for society in SOCIETIES if society.id == society_id)
    with node.database.write() as session:
        if society.id in {known.id for known in catalogue.list_societies(session)}:
            return
        new = NewSociety(names=society.names, id=society.id, country=society.country)
        enrolment.enrol(
            session,
            new,
            signer=node.signer,
            public_url=node.settings.public_url,
            at=clock.now(),
        )


def _invitation(folder: Path, site: str) -> str:
    return f"""
Open      {site}/                search: bridge, 抗震, پل
          {site}/verify          drop a file from {folder / "records"}
          {site}/verify/offline  the same in your browser alone: {folder / "trust-bundle.json"},
                                 then a .jwt
          {site}/sign-in         the mail with the link shows here; any address will do, or be
                                 {people.OWNER} (owns a society), {people.EDITOR}
                                 (edits and issues for one), {people.OPERATOR} (runs the node),
                                 {registries.REGISTRAR}, {registries.REVIEWER}
                                 (a registry's owner and reviewer), {registries.ENGINEER}
                                 (an engineer, registered in two registries)
          {site}/calculator      what a planned course would count for, and where
          {site}/recognition/{registries.REGISTRY}  a registry's rules in words
          {site}/api/docs        the API

Verify a record offline, as a registry would:
          opencpd verify {folder / "records" / "1.json"} --bundle {folder / "trust-bundle.json"}
and one that was revoked:
          opencpd verify {folder / "records" / "4.json"} --bundle {folder / "trust-bundle.json"}
(without an active environment: python3 -m app verify ...)

Everything is kept in {folder}. Ctrl-C ends it; the same command goes on from here.
"""
