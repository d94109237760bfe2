"""The witness's one page: POST /add-checkpoint. Standard library alone."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .memory import Memory, Reply

LARGEST_REQUEST = 64 * 1024
SECONDS_FOR_A_REQUEST = 10


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], memory: Memory) -> None:
        self.memory = memory
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = SECONDS_FOR_A_REQUEST
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "engage-witness", ""

    def do_POST(self) -> None:
        self.close_connection = True
        if self.path.rstrip("/") != "/add-checkpoint":
            self._answer(Reply(404, "There is /add-checkpoint alone.\n"))
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length[:9]) > LARGEST_REQUEST:
            self._answer(Reply(413, "A request says its length, and is small.\n"))
            return
        try:
            request = self.rfile.read(int(length)).decode()
        except UnicodeDecodeError:
            self._answer(Reply(400, "A request is UTF-8.\n"))
            return
        try:
            reply = self.server.memory.add_checkpoint(request, at=int(time.time()))
        except (OSError, ValueError, KeyError) as fault:  # its own memory cannot be read or written
            reply = Reply(500, f"{type(fault).__name__}\n")
        self._answer(reply)

    def _answer(self, reply: Reply) -> None:
        body = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Who asked is no matter of the log; what was refused is in the answer."""
