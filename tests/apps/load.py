"""A bounded load on a web server: some clients, each with its own connection and cookies, that read and write for so many requests."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass, field
from typing import Iterator
from urllib.parse import urlencode, urlsplit

Call = tuple[str, str, dict[str, str] | None, int]
"""Method, path, form, and the status that is expected."""


@dataclass
class Outcome:
    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What was answered otherwise than expected."""

    def percentile(self, percent: float) -> float:
        """Milliseconds."""
        return sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * percent / 100))] * 1000

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def __str__(self) -> str:
        return f"{self.rate:7.0f} requests/s, p50 {self.percentile(50):6.1f} ms, p99 {self.percentile(99):6.1f} ms ({len(self.times)} requests, {len(self.wrong)} errors)"


class Client:
    """A browser without a window: keeps its connection and its cookie."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self.cookie = ""

    def send(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes]:
        headers = {"Cookie": self.cookie} if self.cookie else {}
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        except ConnectionError:  # an idle connection may be closed: once more, as browsers do
            self.connection.close()
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
        read = answer.read()
        given = answer.getheader("Set-Cookie")
        if given:
            self.cookie = given.partition(";")[0]
        return answer.status, read


def reader_calls(name: str, count: int) -> Iterator[Call]:
    """What a reader of the library does: nine pages in ten are read, one is written."""
    for n in range(count):
        if n % 10 == 4:
            yield "POST", "/books/new", {"title": f"New {name}.{n}", "author": "roman à clef", "tags": "novel, essay"}, 302
        elif n % 10 == 7:
            yield "GET", "/tags", None, 200
        elif n % 10 == 9:
            yield "GET", "/?q=volume&page=2", None, 200
        else:
            yield "GET", f"/?page={n % 4 + 1}", None, 200


def run(url: str, clients: int, requests: int, readers: int, name: str = "") -> Outcome:
    """Logs `clients` in as the `readers` in turn; then each sends its part of the requests; `name` is
    part of the titles that are written."""
    outcome, lock = Outcome(), threading.Lock()
    ready = threading.Barrier(clients + 1)

    def work(number: int) -> None:
        client = Client(url)
        status, body = client.send("POST", "/auth/login", {"name": f"Reader {number % readers}", "password": "secret"})
        mine, wrong = [], [] if status == 302 else [f"login: {status} {body[-200:]!r}"]
        ready.wait(60)
        for method, path, form, expected in reader_calls(f"{name}{number}", requests // clients):
            begun = time.perf_counter()
            try:
                status, body = client.send(method, path, form)
            except OSError as error:
                status, body = 0, repr(error).encode()
                client.connection.close()
            mine.append(time.perf_counter() - begun)
            if status != expected:
                wrong.append(f"{method} {path}: {status} {body[-300:]!r}")
        client.connection.close()
        with lock:
            outcome.times += mine
            outcome.wrong += wrong

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait(60)
    begun = time.perf_counter()
    for thread in threads:
        thread.join(120)
    outcome.seconds = time.perf_counter() - begun
    assert len(outcome.times) == clients * (requests // clients), "a client did not come to an end"
    return outcome
