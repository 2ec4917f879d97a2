"""A small server of a client, for a browser to visit."""

import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer


@contextmanager
def served(handler, port=0):
    """A server on loopback that answers by this handler; 0 takes a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield server
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
