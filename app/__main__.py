"""``python3 -m app demo`` and ``python3 -m app test`` in a fresh clone: set up, then run.

Uses uv when it is on the path, else a virtual environment and pip. The standard library only.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PROGRAMS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")


def command(arguments: list[str]) -> list[str]:
    """What to run: ``test`` is pytest, anything else is a command of ``opencpd``."""
    if arguments[:1] == ["test"]:
        return [
            "pytest",
            "--rootdir",
            str(ROOT),
            "-c",
            str(ROOT / "pyproject.toml"),
            *arguments[1:],
        ]
    return ["opencpd", *(arguments or ["demo"])]


def set_up(extras: str) -> None:
    """Make the environment with pip, unless it is already as ``pyproject.toml`` wants it."""
    stamp = ENVIRONMENT / "opencpd-stamp"
    changed = (ROOT / "pyproject.toml").stat().st_mtime_ns
    # What the tests need includes everything else.
    if stamp.exists() and stamp.read_text() in {f"{changed} {extras}", f"{changed} dev"}:
        return
    print("Setting up (once, about a minute) ...", file=sys.stderr, flush=True)
    python = PROGRAMS / "python"
    made = subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=False)
    if made.returncode != 0:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        sys.exit("This Python cannot make virtual environments. Mend: apt install python3-venv")
    subprocess.run([python, "-m", "pip", "install", "-q", "-e", f"{ROOT}[{extras}]"], check=True)
    stamp.write_text(f"{changed} {extras}")


def main(arguments: list[str]) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - a fresh machine may well have an older one
        sys.exit("OpenCPD needs Python 3.11 or newer. Mend: install it, or uv, and try again.")
    testing = arguments[:1] == ["test"]
    extras = ["dev"] if testing else ["server", "pdf"]
    run = command(arguments)
    if uv := shutil.which("uv"):
        flags = [] if testing else ["--no-dev", *(f"--extra={extra}" for extra in extras)]
        run = [uv, "run", "--project", str(ROOT), *flags, *run]
    else:
        set_up(",".join(extras))
        run[0] = str(PROGRAMS / run[0])
    if testing:
        os.chdir(ROOT)
    os.execv(run[0], run)


if __name__ == "__main__":
    main(sys.argv[1:])
