"""A load balancer in front of several apps, in a thread: who sends its cookie stays with one, the others take turns.

It passes an answer on as it comes, as an event stream needs. Left out: trying another app where one does not answer.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

COOKIE = "app"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
WAIT_S = 300


@dataclass
class Balancer:
    """One that runs.

    Attributes:
        url: Its address.
        answered: How many requests each app got, by its place.
    """

    url: str
    answered: Counter[int] = field(default_factory=Counter)


@contextmanager
def balanced(urls: Sequence[str]) -> Iterator[Balancer]:
    """A balancer in front of these apps."""
    turns = itertools.cycle(range(len(urls)))
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            kept = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
            with lock:
                place = int(kept.value) if kept is not None else next(turns)
                found.answered[place] += 1
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection = HTTPConnection(urlsplit(urls[place]).netloc, timeout=WAIT_S)
            try:
                connection.request(self.command, self.path, body, dict(self.headers))
                answer = connection.getresponse()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("Set-Cookie", f"{COOKIE}={place}; Path=/")
                self.end_headers()
                while part := answer.read1():
                    self.wfile.write(part)
            except ConnectionError:  # the visitor has gone
                pass
            finally:
                connection.close()

        do_GET = do_POST = pass_on

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Balancer(f"http://127.0.0.1:{server.server_address[1]}/")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
