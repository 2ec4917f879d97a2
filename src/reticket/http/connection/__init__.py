"""HTTP/1.1 on a connection: bytes to requests, responses to bytes. Knows no dialect and no page."""
