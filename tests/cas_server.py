"""A sign-on server that speaks the CAS protocol, as a process of its own: `python -m tests.cas_server PORT`.

`/login?service=…&as=NUMBER` signs NUMBER in and sends the browser back with a ticket; `/serviceValidate` takes each ticket
once and only for its service; `/logout` leads back to the service.
"""

import itertools
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, quote, urlsplit
from xml.sax.saxutils import escape

TICKETS: dict[str, tuple[str, str]] = {}
NUMBERS = itertools.count(1)
ANSWER = '<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">{}</cas:serviceResponse>'


class Sso(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        address = urlsplit(self.path)
        said = {name: values[0] for name, values in parse_qs(address.query).items()}
        match address.path:
            case "/cas/login":
                ticket = f"ST-{next(NUMBERS)}-test"
                TICKETS[ticket] = (said["service"], said["as"])
                joined = "&" if "?" in said["service"] else "?"
                self._redirect(f"{said['service']}{joined}ticket={quote(ticket)}")
            case "/cas/serviceValidate":
                self._answer(said)
            case "/cas/logout":
                self._redirect(said["service"])
            case _:
                self.send_error(404)

    def _answer(self, said: dict[str, str]) -> None:
        service, number = TICKETS.pop(said["ticket"], ("", ""))
        if service == said["service"]:
            inner = f"<cas:authenticationSuccess><cas:user>{escape(number)}</cas:user></cas:authenticationSuccess>"
        else:
            inner = '<cas:authenticationFailure code="INVALID_TICKET">no</cas:authenticationFailure>'
        self.send_response(200)
        self.end_headers()
        self.wfile.write(ANSWER.format(inner).encode())

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Sso).serve_forever()
