"""A file that holds a secret of this node: made on first use, for its owner's eyes alone."""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """The secret in ``path``; ``make`` gives it when there is no such file.

    Of several processes that start together, one makes the file and the others read it. Raises
    ``PermissionError`` for a file that others can read.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} can be read by others; mend it with: chmod 600 {path}")
    return path.read_bytes()
