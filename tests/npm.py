"""Packages of others that the tests run and that are no part of this repository.

Fetched with npm into the cache on first use, by version and digest; never vendored. ``None`` where
they cannot be had; the caller says so loudly.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tests.servers import CACHE, alone

AXE = "axe-core@4.14.1"
AXE_INTEGRITY = (
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)
"""SHA-512 of the package, as the registry states it."""


def axe_script() -> str | None:
    """The script that looks at a page for what shuts people out (MPL-2.0)."""
    kept = CACHE / f"{AXE.replace('@', '-')}.js"
    with alone("axe-core"):
        if not kept.exists():
            fetched = _fetch(AXE, AXE_INTEGRITY, "package/axe.min.js")
            if fetched is None:
                return None
            kept.write_bytes(fetched)
    return kept.read_text("utf-8")


def _fetch(package: str, integrity: str, name: str) -> bytes | None:
    """One file of a package whose digest is the pinned one."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        packed = subprocess.run(
            [npm, "pack", "--silent", package], cwd=folder, capture_output=True, timeout=300
        )
        if packed.returncode != 0:
            return None
        archive = next(Path(folder).glob("*.tgz"))
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != integrity:
            raise RuntimeError(f"{package} is not the package that was pinned")
        with tarfile.open(archive) as tar:
            file = tar.extractfile(name)
            if file is None:
                raise RuntimeError(f"{package} has no {name}")
            return file.read()
