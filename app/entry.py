"""The ``opencpd`` command's front door: it opens only the room that is asked for.

``opencpd verify`` with a trust bundle needs the standard library and ``app.verification``, so it
runs where nothing else of OpenCPD is installed and starts in a fraction of a second. Every other
command is the server's (``app.cli``), which is found by name and not imported here.
"""

import os
import sys
from importlib import import_module
from typing import NoReturn, Protocol, cast

from app import __version__
from app.platform import clock
from app.verification import command

_SERVER = "app.cli"


class _Server(Protocol):
    def main(self) -> None: ...


def main() -> NoReturn:
    """Run the command that the arguments name; the exit code is the command's."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["--version"]:
        sys.stdout.write(f"opencpd {__version__}\n")
        sys.exit(0)
    if arguments[:1] == ["verify"]:
        asked = command.ask(arguments[1:])
        if not asked.needs_node or (server := _server()) is None:
            sys.exit(_verify(asked))
    elif (server := _server()) is None:
        sys.exit(_not_installed(arguments))
    server.main()
    sys.exit(0)


def _verify(asked: command.Asked) -> int:
    try:
        code = command.run(asked, now=clock.now(), node=None)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads the answers has had enough, such as head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _server() -> _Server | None:
    """The server's commands, or nothing where only verifying is installed."""
    try:
        return cast(_Server, import_module(_SERVER))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"app", "connectors", "migrations"}:
            raise
        return None


def _not_installed(arguments: list[str]) -> int:
    asks_for_help = arguments[:1] in ([], ["--help"])
    told = sys.stdout if asks_for_help else sys.stderr
    if asks_for_help:
        told.write(f"opencpd verify FILE --bundle FILE  {command.SUMMARY}\n")
    told.write(f"every other command needs the server: {command.SERVER}\n")
    return 0 if asks_for_help else 2
