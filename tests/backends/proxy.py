"""A proxy between a client and PostgreSQL that counts how often the client waits.

A wait ends when the server is ready for more (ReadyForQuery). The proxy hands out so many of these answers and no more
(`allow`): a program that needs one more starves, and is let go after GRACE seconds with `starved` set. So a passing test depends
on no clock, and an answer that nobody waits for (the ROLLBACK when a connection is given back) is not counted.
"""

import os
import shutil
import socket
import tempfile
import threading

GRACE = 10


class Proxy:
    """`url()` leads through it; `allow(n)` limits what follows, None: counts only; `waits` since then."""

    def __init__(self, server):
        self.server = server
        self.folder = tempfile.mkdtemp(prefix="cm-proxy-")
        os.chmod(self.folder, 0o755)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{self.folder}/.s.PGSQL.{server.PORT}")
        self.listener.listen(16)
        self.more = threading.Condition()
        self.left, self.waits, self.starved, self.open = None, 0, False, True
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database="postgres", driver=""):
        return f"postgresql{driver}://postgres@/{database}?host={self.folder}&port={self.server.PORT}"

    def allow(self, n=None):
        with self.more:
            self.left, self.waits, self.starved = n, 0, False
            self.more.notify_all()
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        with self.more:
            self.counted, self.failed = self.waits, self.starved
        self.allow()

    def close(self):
        self.open = False
        self.allow()
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _accept(self):
        while self.open:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(f"{self.server.folder}/.s.PGSQL.{self.server.PORT}")
            threading.Thread(target=self._forward, args=(client, upstream), daemon=True).start()
            threading.Thread(target=self._answer, args=(upstream, client), daemon=True).start()

    @staticmethod
    def _end(*sockets):
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _forward(self, client, upstream):
        try:
            while data := client.recv(65536):
                upstream.sendall(data)
        except OSError:
            pass
        self._end(upstream, client)

    def _answer(self, upstream, client):
        buffer = b""
        try:
            while data := upstream.recv(65536):
                buffer += data
                buffer = self._hand_out(buffer, client)
        except OSError:
            pass
        self._end(client, upstream)

    def _hand_out(self, buffer, client):
        """Whole messages go on, up to each ReadyForQuery that may; what is left of the last one stays."""
        at = start = 0
        while len(buffer) - at >= 5:
            end = at + 1 + int.from_bytes(buffer[at + 1 : at + 5], "big")
            if len(buffer) < end:
                break
            if buffer[at : at + 1] == b"Z":
                self._ready()
                client.sendall(buffer[start:end])
                start = end
            at = end
        client.sendall(buffer[start:at])
        return buffer[at:]

    def _ready(self):
        with self.more:
            if not self.more.wait_for(lambda: self.left is None or self.left > 0, GRACE):
                self.starved, self.left = True, None
            self.waits += 1
            if self.left is not None:
                self.left -= 1
