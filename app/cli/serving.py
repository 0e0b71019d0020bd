"""Serve from one process, or from several that share one address.

Python works on one processor at a time, so a node with more of them answers more at once from
several processes. They share nothing but the database, the index and the listening socket; the one
that started them sees to it that each that dies is replaced, and does the worker's work beside.
"""

import atexit
import socket
from contextlib import ExitStack

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from app.cli.common import opened_node
from app.main import create_app
from app.wiring import Node

APPLICATION = "app.cli.serving:application"


def application() -> FastAPI:
    """What each of several processes serves: a node of its own, closed when the process ends."""
    open_until_the_end = ExitStack()
    node = open_until_the_end.enter_context(opened_node())
    atexit.register(open_until_the_end.close)
    return create_app(node)


def run(node: Node, listener: socket.socket, *, processes: int) -> None:
    """Answer at ``listener`` until a signal says to end."""
    several = processes > 1
    config = uvicorn.Config(
        APPLICATION if several else create_app(node),
        factory=several,
        workers=processes,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application itself believes trusted proxies alone
    )
    if several:
        Multiprocess(config, sockets=[listener]).run()
    else:
        uvicorn.Server(config).run(sockets=[listener])
