"""Web servers on copies of the examples, for as long as a `with` block lasts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from . import twins


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def answers(url: str) -> bool:
    try:
        urlopen(url, timeout=5).close()
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
    return True


@contextmanager
def serve(folder: Path, side: str, database: str, *command: str, wait: float = 30) -> Iterator[str]:
    """Starts `python command`, in which `{port}` is a free port, and answers its address once it listens. What the server wrote is in
    `server.log` of the folder; the server is ended afterwards, and must have been alive until then."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with open(folder / "server.log", "w", encoding="utf-8") as log:
        os.environ["PORT"] = str(port)
        try:
            process = twins.start(
                folder, side, database, *(part.format(port=port) for part in command), stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )
        finally:
            del os.environ["PORT"]
        try:
            end = time.monotonic() + wait
            while not answers(url) and process.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
            assert process.poll() is None and answers(url), (folder / "server.log").read_text(encoding="utf-8")[-4000:]
            yield url
            assert process.poll() is None, "the server ended by itself"
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
