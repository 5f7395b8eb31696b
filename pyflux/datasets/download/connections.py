"""Connections that can be cut off from outside, whatever they are waiting for."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

# requests and urllib3 are imported where they are used, so that importing pyflux stays quick.
if TYPE_CHECKING:
    from requests import Session

_HEADERS = {
    "User-Agent": "pyflux",
    "Accept-Encoding": "identity",  # the bytes as they are stored, or the hash cannot match
    "Connection": "close",  # else urllib3 keeps the connection open until its pool is garbage-collected
}


class Watchdog:
    """Shuts connections down at a given time, whatever state they are in.

    A time-out of a socket counts from one byte to the next: a mirror that sends a byte now and then never
    runs into it. Here the clock does not start again.
    """

    def __init__(self) -> None:
        self.expired = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def watch(self, connection: socket.socket) -> None:
        """Include a new connection."""
        # A duplicate outlives the wrapping in TLS, and its number cannot come to mean another file.
        with self._lock:
            self._sockets.append(connection.dup())
        if self.expired:
            self._shut_down()

    @contextmanager
    def limit(self, seconds: float | None) -> Iterator[None]:
        """Shut all connections down if the block takes longer than ``seconds``."""
        if seconds is None:
            yield
            return
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            for connection in self._sockets:
                connection.close()
            self._sockets.clear()

    def _expire(self) -> None:
        self.expired = True
        self._shut_down()

    def _shut_down(self) -> None:
        with self._lock:
            for connection in self._sockets:
                with suppress(OSError):  # it may have ended just now
                    connection.shutdown(socket.SHUT_RDWR)


def open_session(watch: Callable[[socket.socket], None]) -> Session:
    """Return a session of requests, which calls ``watch`` with every connection that it makes."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import connection, connectionpool

    class Http(connection.HTTPConnection):
        def _new_conn(self) -> socket.socket:
            made = super()._new_conn()
            watch(made)
            return made

    class Https(connection.HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            made = super()._new_conn()
            watch(made)
            return made

    class HttpPool(connectionpool.HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(connectionpool.HTTPSConnectionPool):
        ConnectionCls = Https

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(proxy, **kwargs)
            if not proxy.lower().startswith("socks"):
                manager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
            return manager

    session = requests.Session()
    session.headers.update(_HEADERS)
    session.mount("http://", Adapter())
    session.mount("https://", Adapter())
    return session
