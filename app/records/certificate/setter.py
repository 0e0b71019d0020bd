"""The process that sets pages: requests on standard input, pages on standard output, nothing else.

Runs alone (``python -I setter.py``), with none of the node's environment, secrets or database, and
within limits of memory; whoever started it bounds the time. A request is four bytes of length and
JSON: ``template``, ``values``, ``form``, ``at``. The values reach the template as data
(``sys.inputs``), never as markup. The answer is one byte, four bytes of length, and a page (``P``),
the text no font has letters for (``F``), or an error (``E``).

Every page is set as PDF/A-3a first, also when a picture is wanted: that standard forbids a letter
without a shape, so a missing font is an error here and never an empty box on a certificate.
"""

import json
import re
import resource
import select
import struct
import sys
from pathlib import Path
from typing import Any

import typst

HERE = Path(__file__).parent
MEMORY = 3 * 1024**3
IDLE_SECONDS = 300
_NO_LETTERS = re.compile(r"the text `(.+)` could not be displayed", re.DOTALL)


class Setter:
    """One typst with its fonts, found once."""

    def __init__(self, folders: list[str]) -> None:
        self._fonts = typst.Fonts(font_paths=list(folders))

    def page(self, request: dict[str, Any]) -> bytes:
        source = (HERE / f"{request['template']}.typ").read_bytes()
        inputs = {"values": json.dumps(request["values"])}
        compiler = typst.Compiler(source, root=HERE, font_paths=self._fonts, sys_inputs=inputs)
        made = compiler.compile(
            input=source, format="pdf", pdf_standards=["a-3a"], timestamp=request["at"]
        )
        if request["form"] != "pdf":
            made = compiler.compile(input=source, format=request["form"], ppi=144)
        if isinstance(made, bytes):
            return made
        raise ValueError("it takes more than one page")


def answer(setter: Setter, request: dict[str, Any]) -> tuple[bytes, bytes]:
    """The kind of an answer, and the answer."""
    try:
        return b"P", setter.page(request)
    except typst.TypstError as error:
        if missing := _NO_LETTERS.search(error.message):
            return b"F", missing[1].strip('"').encode()
        return b"E", error.message.encode()
    except (ValueError, MemoryError) as error:
        return b"E", str(error).encode()


def main() -> None:
    """Set pages until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    asked, answered = sys.stdin.buffer, sys.stdout.buffer
    setter = Setter(json.loads(sys.argv[1]))
    while select.select([asked], [], [], IDLE_SECONDS)[0]:
        head = asked.read(4)
        if len(head) < 4:
            return
        request = json.loads(asked.read(struct.unpack(">I", head)[0]))
        kind, body = answer(setter, request)
        answered.write(kind + struct.pack(">I", len(body)) + body)
        answered.flush()


if __name__ == "__main__":
    main()
