"""A server that is not weft and answers what a test says: what a command line makes of that."""

import contextlib
import http.server
import json
import threading
import urllib.parse


@contextlib.contextmanager
def serving(document_of):
    """The URL of a server whose answer to GET is `document_of(path, query)` as JSON; `query` has the last value of each."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            url = urllib.parse.urlsplit(self.path)
            query = {name: values[-1] for name, values in urllib.parse.parse_qs(url.query).items()}
            body = json.dumps(document_of(url.path, query)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
