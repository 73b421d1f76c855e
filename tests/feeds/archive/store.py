"""An S3 server for tests (moto), and a proxy before it that fails when it is told to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import urlsplit

from moto.server import ThreadedMotoServer

BUCKET: Final = "firm"
KEYS: Final = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1"}
# What becomes of a request: it is passed on, answered with an error, or done without anybody learning of it.
PASS: Final = "pass"
REFUSE: Final = "refuse"
LOSE: Final = "lose the answer"
Fate = Callable[[str, str], str]


@contextmanager
def s3_server(fate: Fate = lambda method, path: PASS) -> Iterator[dict[str, str]]:
    """The environment in which the server behind the proxy is reached; `fate(method, path)` judges each request."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), _handler(host, port, fate))
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        connection = HTTPConnection(host, port, timeout=10)
        connection.request("PUT", f"/{BUCKET}")
        connection.getresponse().read()
        connection.close()
        yield {**KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.server_port}"}
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
        server.stop()


def _handler(host: str, port: int, fate: Fate) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Passes requests on as they are, except those that have another fate."""

        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            judged = fate(self.command, urlsplit(self.path).path)
            status, headers, content = (503, [], b"") if judged == REFUSE else self._passed(body)
            if judged == LOSE:
                status, headers, content = 503, [], b""
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            if self.command != "HEAD" or not headers:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _any  # noqa: N815 - the names it has there

        def _passed(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            connection = HTTPConnection(host, port, timeout=20)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            kept = ("content-length", "connection", "transfer-encoding", "date", "server")
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in kept]
            if self.command == "HEAD":
                headers.append(("Content-Length", answer.getheader("Content-Length") or "0"))
            connection.close()
            return answer.status, headers, content

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
            """Nothing: a test prints what it needs."""

    return Handler
