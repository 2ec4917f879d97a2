"""Kibo's shoppers at a running service."""

import json
from base64 import urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from reticket.testing import running_server

TICKETS = "/api/commerce/customer/authtickets"
APPS = "/api/platform/applications/authtickets"
SETTINGS = {
    "RETICKET_DIALECTS__KIBO__PERSON_IN_TOKENS": "true",
    "RETICKET_DIALECTS__KIBO__ANONYMOUS_PER_ADDRESS": "6",
}


@pytest.fixture
def shop(tmp_path):
    with (
        running_server(tmp_path, settings=SETTINGS) as running,
        httpx.Client(base_url=running.url, headers={"x-vol-tenant": "1000"}) as client,
    ):
        app = {"applicationId": "ns.app.1.0.0.Release", "sharedSecret": "s3cret"}
        client.headers["x-vol-app-claims"] = client.post(APPS, json=app).json()["accessToken"]
        yield client


def begin(shop, **headers):
    answer = shop.get(f"{TICKETS}/anonymousshopper", headers={"x-vol-site": "2000", **headers})
    assert answer.status_code == 200, answer.text
    return answer.json()


def refresh(shop, ticket, **more):
    query = {"refreshToken": ticket["refreshToken"], **more}
    return shop.put(f"{TICKETS}/refresh", params=query)


def claims(ticket):
    payload = ticket["accessToken"].split(".")[1]
    return json.loads(urlsafe_b64decode(payload + "=="))


def test_who_has_not_signed_in_keeps_one_user_id_as_long_as_the_session(shop):
    ticket = begin(shop)
    nexts = [refresh(shop, ticket).json() for _ in range(2)]
    others = begin(shop)
    assert {each["userId"] for each in nexts} == {ticket["userId"]} == {claims(nexts[0])["sub"]}
    assert others["userId"] != ticket["userId"]
    assert ticket["customerAccount"]["isAnonymous"] is True
    said = claims(ticket)
    assert (said["tid"], said["site"], said["aud"]) == ("1000", 2000, "kibo.anonymous_shopper")


def test_a_ticket_says_when_its_token_ends(shop):
    ticket = begin(shop)
    said = datetime.fromisoformat(ticket["accessTokenExpiration"]).timestamp()
    assert said == claims(ticket)["exp"]


def test_callers_who_refresh_at_once_all_go_on(shop):
    ticket = begin(shop)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: refresh(shop, ticket), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert refresh(shop, answers[0].json()).status_code == 200


def test_a_session_ends_with_its_sign_out(shop):
    ticket = begin(shop)
    query = {"refreshToken": ticket["refreshToken"]}
    assert shop.delete(f"{TICKETS}/", params=query).status_code == 200
    assert shop.delete(TICKETS, params=query).status_code == 404
    assert refresh(shop, ticket).status_code == 404


def test_a_session_is_of_one_tenant_and_of_no_account(shop):
    ticket = begin(shop)
    assert refresh(shop, ticket, accountId="7").status_code == 403
    app = {"applicationId": "ns.sandbox.2.0.0.Release", "sharedSecret": "s3cret-v2"}
    shop.headers["x-vol-app-claims"] = shop.post(APPS, json=app).json()["accessToken"]
    shop.headers["x-vol-tenant"] = "1001"
    query = {"refreshToken": ticket["refreshToken"]}
    assert refresh(shop, ticket).status_code == 404
    assert shop.delete(TICKETS, params=query).status_code == 404
    shop.headers["x-vol-tenant"] = "1000"
    assert refresh(shop, ticket).status_code == 200


def test_a_flood_meets_the_limit_of_the_application(shop):
    for _ in range(6):
        begin(shop)
    answer = shop.get(f"{TICKETS}/anonymousshopper")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 600
    assert answer.json()["errorCode"] == "TOO_MANY_REQUESTS"


def test_a_shoppers_token_is_none_of_an_application(shop):
    ticket = begin(shop)
    shop.headers["x-vol-app-claims"] = ticket["accessToken"]
    assert shop.get(f"{TICKETS}/anonymousshopper").status_code == 401
    assert shop.get("/api/platform/tenants/1000").status_code == 401


def test_no_log_has_a_token_of_a_query(shop, tmp_path):
    ticket = begin(shop)
    assert refresh(shop, ticket).status_code == 200
    assert shop.put(f"{TICKETS}/Refresh", params={"refreshToken": "rtk_wrong"}).status_code == 404
    written = [each for each in Path(tmp_path).rglob("*") if each.suffix in (".log", ".jsonl")]
    assert len(written) >= 2
    for each in written:
        text = each.read_text()
        assert "rtk_" not in text, each
        assert ticket["accessToken"].rpartition(".")[2] not in text, each
