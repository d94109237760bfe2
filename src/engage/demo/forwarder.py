"""A forwarder between two programs: it passes every byte on, both ways, and keeps them all."""

from __future__ import annotations

import socket
import threading
from types import TracebackType


class Forwarder:
    """Listens on a port of this machine that was free, and connects each caller to another port of it."""

    def __init__(self, to_port: int) -> None:
        self.to_port = to_port
        self._kept: list[bytearray] = []  # of each connection: what was said, and what was answered
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Forwarder:
        self._accepting.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)  # closing alone leaves the other thread waiting
        self._listening.close()
        self._accepting.join()

    def passed_on(self) -> list[bytes]:
        """Whole: a name is not missed where it was cut in two."""
        return [bytes(one) for one in self._kept]

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listening.accept()
            except OSError:
                return
            called = socket.create_connection(("127.0.0.1", self.to_port))
            for source, target in ((caller, called), (called, caller)):
                kept = bytearray()
                self._kept.append(kept)
                threading.Thread(target=_pass_on, args=(source, target, kept), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
    try:
        while part := source.recv(65_536):
            kept += part
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return  # one of the two hung up
