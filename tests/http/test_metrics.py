"""`/metrics`: every refusal with its cause, one sum for all processes, for the operator alone."""

import re
import socket
import stat
import threading
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.attacks.crowd import crowd
from tests.attacks.target import target_of
from tests.http.connection.stream import at_once, opened, read_answers
from tests.http.test_workers import until
from tests.http.wire import WIRES, call

from reticket.core.ports import Event
from reticket.http import connection
from reticket.http.exposition import _Families
from reticket.http.incidents import ACCEPTING, ENDED, OPEN, REFUSED, UNNAMED
from reticket.http.metrics import CountFiles, CountingAuditLog, Meter
from reticket.http.metrics_listener import MOST
from reticket.testing import running_server
from reticket.testing.server import free_port

AKINON = WIRES[0]
PAGE = Path(__file__).parents[2] / "docs" / "running.md"
WORDS = re.compile(r"[A-Za-z0-9_.+{}/ -]{0,80}")


TOKEN = "scrape-0123456789-0123456789-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
WITH_TOKEN = {"RETICKET_METRICS_TOKEN": TOKEN}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("counted"), settings=WITH_TOKEN) as running:
        yield running


def samples(url, headers=BEARER):
    """The published samples, by name and labels."""
    status, found, body = call(url, "GET", "/metrics", headers=headers)
    assert status == 200
    assert found["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def named(name, **labels):
    return name, tuple(sorted(labels.items()))


def event(server, name, kind, cause=""):
    key = named("reticket_events_total", event=name, kind=kind, cause=cause)
    return samples(server.url).get(key, 0)


def test_a_refusal_is_counted_with_its_cause_and_a_refresh_with_its_outcome(server):
    before = event(server, "refused", "akinon.user", "forged")
    token = AKINON.sign_in(server.url)
    for _ in range(2):
        assert AKINON.is_good(AKINON.refresh(server.url, token))
    assert AKINON.is_refused(AKINON.refresh(server.url, token + "x"))
    until(lambda: event(server, "refused", "akinon.user", "forged") == before + 1)
    found = samples(server.url)
    for outcome in ("issued", "replayed"):
        name = named("reticket_refreshes_total", kind="akinon.user", outcome=outcome)
        assert found[name] >= 1
    assert found[named("reticket_ready")] == 1


def test_answers_are_counted_by_route_and_class_with_their_durations(server):
    AKINON.refresh(server.url, "garbage")
    found = samples(server.url)
    route = {"dialect": "akinon", "route": "POST /auth/refresh-token"}
    requests = sum(
        value for (name, labels), value in found.items()
        if name == "reticket_requests_total" and set(route.items()) <= set(labels)
    )  # fmt: skip
    assert found[named("reticket_requests_total", **route, status="4xx")] >= 1
    assert found[named("reticket_request_seconds_count", **route)] == requests
    assert found[named("reticket_request_seconds_bucket", **route, le="+Inf")] == requests
    assert found[named("reticket_request_seconds_sum", **route)] > 0


def test_refused_and_closed_connections_are_logged_with_their_reason():
    counts = {
        (OPEN,): 3, (REFUSED, "400", "line_end"): 4, (ENDED, "gave_way"): 5,
        (ACCEPTING, "EMFILE"): 6, (UNNAMED,): 7,
    }  # fmt: skip
    found = {
        named(sample.name, **sample.labels): sample.value
        for family in _Families(counts, ready=True).collect()
        for sample in family.samples
    }
    assert found[named("reticket_connections")] == 3
    refused = named("reticket_requests_refused_total", status="400", reason="line_end")
    assert found[refused] == 4
    assert found[named("reticket_connections_ended_total", reason="gave_way")] == 5
    assert found[named("reticket_accept_errors_total", error="EMFILE")] == 6
    assert found[named("reticket_unnamed_proxy_requests_total")] == 7


def test_connections_and_invalid_requests_are_counted_while_running(server):
    with opened(server.url) as line, opened(server.url) as broken:
        at_once(line, b"GET /health/live HTTP/1.1\r\nHost: x\r\nVia: 1.1 proxy\r\n\r\n")
        at_once(broken, b"GET /\n\n")
        assert [read_answers(each, 1)[0].status for each in (line, broken)] == [200, 400]
        found = samples(server.url)
        assert found[named("reticket_connections")] >= 2
        assert found[named("reticket_unnamed_proxy_requests_total")] >= 1
        assert any(
            name == "reticket_requests_refused_total" and ("status", "400") in labels
            for name, labels in found
        )


def test_each_metric_is_on_the_page():
    told = re.findall(r"^\| `(reticket_\w+)`", PAGE.read_text(), re.MULTILINE)
    known = {
        family.name + "_total" * (family.type == "counter")
        for family in _Families({}, ready=True).collect()
    }
    assert set(told) == known


def test_the_page_has_every_status_of_the_server_itself():
    folder = Path(connection.__file__).parent
    said = [re.findall(r'\b([45]\d\d), f?"', file.read_text()) for file in folder.glob("*.py")]
    (row,) = re.findall(
        r"^\| `reticket_requests_refused_total` .*$", PAGE.read_text(), re.MULTILINE
    )
    assert re.findall(r"\d+", row) == sorted(set(chain(*said)))


def test_metric_labels_contain_no_request_data(server):
    token = AKINON.sign_in(server.url)
    call(server.url, "GET", f"/api/v1/{token}")
    text = call(server.url, "GET", "/metrics", headers=BEARER)[2].decode()
    assert token not in text
    assert "@" not in text
    values = [
        value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        for value in sample.labels.values()
    ]
    assert len(values) > 10
    assert [value for value in values if not WORDS.fullmatch(value)] == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer "},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS"])
def test_the_public_port_has_no_metrics_without_the_token(server, headers, method):
    status, found, body = call(server.url, method, "/metrics", headers=headers)
    nothing = call(server.url, method, "/no-such-page", headers=headers)
    assert (status, body) == (404, nothing[2])
    for each in (found, nothing[1]):
        assert each.pop("x-correlation-id")
        each.pop("date")
    assert found == nothing[1]


@pytest.mark.parametrize("path", ["/metrics/", f"/metrics?access_token={TOKEN}", "//metrics"])
def test_other_paths_and_a_token_in_the_url_are_not_found(server, path):
    assert call(server.url, "GET", path)[0] == 404


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_reads_metrics_from_anywhere(server, scheme):
    said = {"Authorization": f"{scheme} {TOKEN}", "X-Forwarded-For": "203.0.113.9"}
    assert samples(server.url, said)[named("reticket_ready")] == 1


def test_metrics_are_not_served_by_default(tmp_path):
    with running_server(tmp_path) as server:
        for headers in ({}, BEARER, {"Authorization": "Bearer None"}, {"Authorization": "Bearer "}):
            assert call(server.url, "GET", "/metrics", headers=headers)[0] == 404
        assert AKINON.is_good(AKINON.refresh(server.url, AKINON.sign_in(server.url)))


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_the_metrics_listener_needs_no_token_and_serves_nothing_else(tmp_path, workers, host):
    place = f"{host}:{free_port()}"
    settings = {"RETICKET_METRICS_LISTEN": place, "RETICKET_WORKERS": workers}
    with running_server(tmp_path, settings=settings) as server:
        AKINON.refresh(server.url, "garbage")
        forged = named("reticket_events_total", event="refused", kind="akinon.user", cause="forged")
        until(lambda: samples(f"http://{place}", {}).get(forged) == 1)
        for path in ("/", "/health/live", "/docs", "/api/v1/profile/me", "/admin/v1/users"):
            assert call(f"http://{place}", "GET", path)[0] == 404
        for headers in ({}, BEARER):
            assert call(server.url, "GET", "/metrics", headers=headers)[0] == 404
    assert server.process.returncode == 0


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:9464", "10.0.0.1", "127.1"])
def test_another_host_name_reads_no_metrics(listener, host):
    assert call(listener, "GET", "/metrics", headers={"Host": host})[0] == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9464", "127.0.0.1:1", "[::1]:9464"])
def test_host_names_of_this_machine_read_metrics(listener, host):
    assert call(listener, "GET", "/metrics", headers={"Host": host})[0] == 200


@pytest.fixture(scope="module")
def listener(tmp_path_factory):
    place = f"127.0.0.1:{free_port()}"
    settings = {"RETICKET_METRICS_LISTEN": place}
    with running_server(tmp_path_factory.mktemp("listener"), settings=settings):
        yield f"http://{place}"


def test_connections_of_the_metrics_listener_have_their_own_limit(tmp_path):
    place = f"127.0.0.1:{free_port()}"
    with running_server(tmp_path, settings={"RETICKET_METRICS_LISTEN": place}) as server:
        target = target_of(f"http://{place}")
        with crowd(target, MOST + 20) as connections:
            assert call(server.url, "GET", "/health/live")[0] == 200
            for connection in connections[MOST:]:
                assert connection.recv(65_536).startswith(b"HTTP/1.1 503 ")
        until(lambda: call(f"http://{place}", "GET", "/metrics")[0] == 200)


def test_a_used_port_stops_the_start_with_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = {"RETICKET_METRICS_LISTEN": f"127.0.0.1:{port}"}
        with pytest.raises(RuntimeError) as refused, running_server(tmp_path, settings=settings):
            pass
    assert str(refused.value).endswith(
        f"Error: metrics_listen: cannot listen on 127.0.0.1, port {port}: Address already in use"
    )


def test_the_token_is_read_from_a_file_and_not_logged(tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    settings = {
        "RETICKET_METRICS_TOKEN_FILE": str(file),
        "RETICKET_LOG_LEVEL": "debug",
        "RETICKET_ACCESS_LOG": "true",
    }
    with running_server(tmp_path, settings=settings) as server:
        samples(server.url)
    stored = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    for path in [server.log, *stored]:
        assert TOKEN.encode() not in path.read_bytes(), path


def test_the_counters_of_all_workers_are_summed(tmp_path):
    with running_server(tmp_path, settings={**WITH_TOKEN, "RETICKET_WORKERS": "2"}) as server:
        for _ in range(20):
            AKINON.refresh(server.url, "garbage")

        def all_are_told():
            return {event(server, "refused", "akinon.user", "forged") for _ in range(6)} == {20}

        until(all_are_told)


def test_a_replaced_worker_continues_the_counters(tmp_path):
    first = Meter(CountFiles(tmp_path / "metrics", 0))
    first.count_events([Event(0, "issued", "akinon.user")])
    first.publish()
    second, other = (
        Meter(CountFiles(tmp_path / "metrics", 0)),
        Meter(CountFiles(tmp_path / "metrics", 1)),
    )
    second.count_events([Event(0, "issued", "akinon.user")])
    second.publish()
    for meter in (second, other):
        assert meter.counts() == {("events", "issued", "akinon.user", ""): 2}
    CountFiles(tmp_path / "metrics", 0).clear()
    assert other.counts() == {}


def test_only_the_owner_may_read_the_counters_of_a_worker(tmp_path):
    folder = tmp_path / "metrics"
    CountFiles(folder, 0).write({})
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {0o700, 0o600}


def test_an_incomplete_counter_file_is_no_error(tmp_path):
    board = CountFiles(tmp_path / "metrics", 0)
    (tmp_path / "metrics" / "1.json").write_text("[[")
    assert Meter(board).counts() == {}


def test_events_of_many_threads_are_all_counted():
    meter = Meter(None)
    silent = SimpleNamespace(record=lambda events, durable: None)
    audit = CountingAuditLog(silent, meter)

    def tell():
        for _ in range(1000):
            audit.record([Event(0, "issued", "akinon.user")])

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.counts() == {("events", "issued", "akinon.user", ""): 4000}
