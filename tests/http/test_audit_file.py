"""The audit file of a running service: what a flood leaves in it, rotation, and a full disk."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from datetime import datetime
from urllib.parse import urlsplit

from tests.http.test_faults import full_disk
from tests.http.test_metrics import WITH_TOKEN, samples
from tests.http.wire import WIRES, audit_stream_when, events, how_often

from reticket.testing import running_server
from reticket.testing.waiting import PATIENCE, until

AKINON, CLOUDREVE = WIRES[0], WIRES[1]
FLOOD = 300


def flood(server):
    """Send `FLOOD` invalid refreshes on one connection."""
    headers = {"Content-Type": "application/json"}
    with closing(
        http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE)
    ) as connection:
        for number in range(FLOOD):
            body = AKINON.body_of(f"garbage {number}")
            connection.request(AKINON.method, AKINON.refresh_path, body, headers)
            with connection.getresponse() as response:
                assert response.status == 401, response.read()
                response.read()


def refused(server):
    return [event for event in events(server) if event["event"] == "refused"]


def metric(server, name):
    """The values of a metric by their labels."""
    found = samples(server.url)
    return {labels: value for (each, labels), value in found.items() if each == name}


def test_a_flood_of_bad_requests_is_a_line_a_second(tmp_path):
    with running_server(tmp_path, settings=WITH_TOKEN) as server:
        flood(server)
        audit_stream_when(server, lambda told: how_often(told, "refused") == FLOOD)
        times = [datetime.fromisoformat(event["at"]) for event in refused(server)]
        assert len(times) <= 2 * ((times[-1] - times[0]).total_seconds() + 2)
        assert FLOOD in metric(server, "reticket_events_total").values()


def test_workers_rotate_their_file_once_and_lose_no_line(tmp_path):
    settings = {"RETICKET_WORKERS": "2", "RETICKET_AUDIT__ROTATE_SIZE": "1024"}
    with running_server(tmp_path, settings=settings) as server:

        def rotated():
            return sorted(server.data.glob("audit.*Z.jsonl"))

        families = 0
        while len(rotated()) < 3:
            assert families < 1000, "the file was not rotated"
            AKINON.sign_in(server.url)
            families += 1
        texts = [path.read_text() for path in [*rotated(), server.data / "audit.jsonl"]]
    told = [json.loads(line) for text in texts for line in text.splitlines()]
    assert len({event["session"] for event in told if event["event"] == "sign_in"}) == families


def test_a_full_disk_loses_audit_lines_counts_them_and_ends_no_session(tmp_path):
    settings = {"RETICKET_AUDIT_FILE": "/dev/full", **WITH_TOKEN}
    with running_server(tmp_path, settings=settings) as server:
        token = AKINON.sign_in(server.url)
        assert AKINON.is_good(AKINON.refresh(server.url, token))
        lost = "reticket_audit_lost_total"
        until(lambda: metric(server, lost)[()] >= 2, lost)
    assert server.log.read_text().count("audit_not_written") == 2, "at the start, and one a minute"
    assert "No space left on device" in server.log.read_text()


def test_a_full_disk_for_all_files_is_503_and_lost_lines_are_counted(tmp_path):
    with running_server(tmp_path, settings=WITH_TOKEN) as server:
        token = AKINON.sign_in(server.url)
        with full_disk(server):
            assert AKINON.is_unavailable(AKINON.refresh(server.url, token))
            assert AKINON.is_refused(AKINON.refresh(server.url, "garbage"))
            until(lambda: metric(server, "reticket_audit_lost_total")[()] >= 1, "a lost line")
        assert AKINON.is_good(AKINON.refresh(server.url, token))
        audit_stream_when(server, lambda told: how_often(told, "issued") == 1)
    assert how_often(events(server), "refused") == 0
