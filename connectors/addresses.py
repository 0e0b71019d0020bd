"""Which network addresses a fetch may speak to, enforced where the connection is made.

A name is resolved once, every address it resolves to is judged, and the connection goes to the
very address that was judged: a name that answers differently the second time (DNS rebinding) gains
nothing. Whatever way an address is written (decimal, hexadecimal, IPv4 inside IPv6) it is judged
as what it is. This module never decides by looking at a URL's text.
"""

import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from ssl import SSLContext
from typing import Any
from weakref import WeakSet

import httpcore

from connectors.contract import SourceMisconfigured, SourceUnavailable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
SocketOptions = Iterable[Any]  # httpcore's SOCKET_OPTION, passed on unread

_NAT64 = ip_network("64:ff9b::/96")
_INSIDE = (ip_network("fec0::/10"), ip_network("168.63.129.16/32"))
"""Counted as public, and yet inside: the old site-local range, and a cloud's own services."""


class AddressRefused(SourceMisconfigured):
    """The host resolves to an address that this node does not speak to."""


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of ``host``, by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def effective(text: str) -> Address:
    """The address that packets to ``text`` reach: IPv4 carried inside IPv6 is unwrapped."""
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def may_connect(text: str, *, allow: Sequence[Network] = (), public: bool = True) -> bool:
    """Whether the address is in a network that the operator has allowed, or ``public`` and so."""
    address = effective(text)
    if any(address in network for network in allow):
        return True
    if not public or any(address in network for network in _INSIDE):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


class GuardedBackend(httpcore.NetworkBackend):
    """httpcore's way to the network, with every address judged and one deadline for all waiting.

    ``remaining`` tells how many seconds the present request still has; it caps each wait, so that
    a peer which sends one byte at a time cannot hold a connection for ever.
    """

    def __init__(
        self, *, allow: Sequence[Network], resolver: Resolve, remaining: Callable[[], float]
    ) -> None:
        self.public = True
        """Whether public addresses may be reached; if not, only those that are allowed."""
        self._allow = tuple(allow)
        self._resolve = resolver
        self._remaining = remaining
        self._network = httpcore.SyncBackend()
        self._open: WeakSet[_GuardedStream] = WeakSet()
        self._lock = threading.Lock()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of ``host`` that answers, if all of them are allowed."""
        problem: Exception | None = None
        for address in self._judged(host, port):
            try:
                stream = self._network.connect_tcp(
                    address, port, _cap(timeout, self._remaining()), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return self._kept(_GuardedStream(stream, self._remaining, self._kept))
        raise SourceUnavailable(f"{host}:{port} cannot be reached: {problem}") from problem

    def cut(self) -> None:
        """End every connection there is, so that whoever waits on one waits no longer.

        May be called by another thread than the one that waits. What closes a connection is left
        to its owner; TLS is not asked, which must not be used by two threads.
        """
        with self._lock:
            streams = list(self._open)
        for stream in streams:
            connection = stream.get_extra_info("socket")
            if isinstance(connection, socket.socket):
                with suppress(OSError):  # it was closed meanwhile
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _kept(self, stream: "_GuardedStream") -> "_GuardedStream":
        with self._lock:
            self._open.add(stream)
        return stream

    def _judged(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise SourceUnavailable(f"the host {host} cannot be resolved: {error}") from error
        for address in addresses:
            if not may_connect(address, allow=self._allow, public=self.public):
                fault = "which is not a public address" if self.public else "and wants no https"
                raise AddressRefused(
                    f"{host} is at {address}, {fault}; an operator may allow its network"
                )
        return addresses


class _GuardedStream(httpcore.NetworkStream):
    """A connection each of whose waits ends with the request's deadline."""

    def __init__(
        self,
        stream: httpcore.NetworkStream,
        remaining: Callable[[], float],
        keep: Callable[["_GuardedStream"], "_GuardedStream"],
    ) -> None:
        self._stream = stream
        self._remaining = remaining
        self._keep = keep

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _cap(timeout, self._remaining()))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _cap(timeout, self._remaining()))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout = _cap(timeout, self._remaining())
        secured = self._stream.start_tls(ssl_context, server_hostname, timeout)
        return self._keep(_GuardedStream(secured, self._remaining, self._keep))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _cap(timeout: float | None, remaining: float) -> float:
    if remaining <= 0:
        raise httpcore.ReadTimeout("the request's deadline has passed")
    return remaining if timeout is None else min(timeout, remaining)
