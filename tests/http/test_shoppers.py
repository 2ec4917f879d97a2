"""Kibo's shoppers at a running service."""

import json
import secrets
from base64 import urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from types import SimpleNamespace

import httpx
import pytest
from aiosmtpd.smtp import SMTP
from tests.messages.test_smtp import Handler, listening

from reticket.testing import running_server
from reticket.testing.waiting import until
from reticket.verify import AccessTokens, Rejected

TICKETS = "/api/commerce/customer/authtickets"
ACCOUNTS = "/api/commerce/customer/accounts"
APPS = "/api/platform/applications/authtickets"
MOST_ANONYMOUS = 14
PASSWORD = "pa55-Word of a shopper"
NEW = "another one of 2026"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    handler = Handler()
    with listening(partial(SMTP, handler)) as port:
        settings = {
            "RETICKET_ACCESS_LOG": "true",
            "RETICKET_DIALECTS__KIBO__PERSON_IN_TOKENS": "true",
            "RETICKET_DIALECTS__KIBO__ANONYMOUS_PER_ADDRESS": str(MOST_ANONYMOUS),
            "RETICKET_MESSAGES__SMTP_HOST": "localhost",
            "RETICKET_MESSAGES__SMTP_PORT": str(port),
            "RETICKET_MESSAGES__SMTP_TRANSPORT": "plain",
            "RETICKET_MESSAGES__SENDER": "shop@acme.example",
        }
        folder = tmp_path_factory.mktemp("shoppers")
        with running_server(folder, settings=settings) as server:
            yield SimpleNamespace(url=server.url, folder=folder, mails=handler.mails)


@pytest.fixture
def shop(running):
    with httpx.Client(base_url=running.url, headers={"x-vol-tenant": "1000"}) as client:
        yield sign_in_as(client, "ns.app.1.0.0.Release", "s3cret")


def sign_in_as(client, application, secret):
    app = {"applicationId": application, "sharedSecret": secret}
    client.headers["x-vol-app-claims"] = client.post(APPS, json=app).json()["accessToken"]
    return client


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


@pytest.mark.parametrize("path", [TICKETS, TICKETS.upper().replace("/API", "/api")])
def test_rfc9110_9_2_1_head_begins_no_session(shop, path):
    for _ in range(MOST_ANONYMOUS + 1):
        answer = shop.head(f"{path}/anonymousshopper", headers={"x-vol-site": "2000"})
        assert (answer.status_code, answer.content) == (405, b"")
    assert begin(shop)


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
    sign_in_as(shop, "ns.sandbox.2.0.0.Release", "s3cret-v2")
    shop.headers["x-vol-tenant"] = "1001"
    query = {"refreshToken": ticket["refreshToken"]}
    assert refresh(shop, ticket).status_code == 404
    assert shop.delete(TICKETS, params=query).status_code == 404
    shop.headers["x-vol-tenant"] = "1000"
    assert refresh(shop, ticket).status_code == 200


def test_a_flood_meets_the_limit_of_the_application(shop):
    sign_in_as(shop, "ns.live.2.0.0.Release", "s3cret-live")
    for _ in range(MOST_ANONYMOUS):
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


def new_name():
    return f"eve{secrets.token_hex(4)}"


def sign_up(shop, name, password=PASSWORD, path="Add-Account-And-Login"):
    account = {"emailAddress": f"{name}@example.com", "userName": name, "firstName": "Eve"}
    return shop.post(f"{ACCOUNTS}/{path}", json={"account": account, "password": password})


def sign_in(shop, name, password=PASSWORD, **more):
    return shop.post(TICKETS, json={"username": name, "password": password, **more})


def fault(answer):
    assert answer.status_code == 400, answer.text
    (said,) = answer.json()["additionalErrorData"]
    return said["name"], said["value"]


def test_a_shopper_signs_up_and_in_and_refreshes(shop):
    name = new_name()
    first = sign_up(shop, name, path="add-account-and-login").json()
    for known_as in (name, f"{name}@example.com", f"{name}@EXAMPLE.com"):
        ticket = sign_in(shop, known_as).json()
        assert ticket["customerAccount"] == first["customerAccount"]
    account = first["customerAccount"]
    assert (account["userName"], account["isAnonymous"]) == (name, False)
    following = refresh(shop, ticket, accountId=account["id"]).json()
    said = claims(following)
    assert said["sub"] == following["userId"] == account["userId"] == first["userId"]
    assert (said["aud"], said["tid"], said["account"]) == ("kibo.shopper", "1000", account["id"])
    assert refresh(shop, ticket, accountId=account["id"] + 1).status_code == 403


def test_a_shopper_is_of_one_tenant_and_no_administrator(shop):
    name = new_name()
    ticket = sign_up(shop, name).json()
    shop.headers["x-vol-tenant"] = "1001"
    assert sign_in(shop, name).status_code == 401
    assert refresh(shop, ticket).status_code == 404
    assert sign_up(shop, name).json()["userId"] != ticket["userId"]
    body = {"emailAddress": f"{name}@example.com", "password": PASSWORD}
    path = "/api/platform/adminuser/authtickets/tenants"
    assert shop.post(path, json=body).status_code == 401
    assert sign_in(shop, "ada@example.com", "correct horse").status_code == 401


def test_a_resource_server_accepts_a_shoppers_token_as_one_of_its_kind_only(shop, running):
    for ticket in (begin(shop), sign_up(shop, new_name()).json()):
        kind = claims(ticket)["aud"]
        token = AccessTokens(running.url, kind).verify(ticket["accessToken"])
        assert token.subject == ticket["userId"]
        other = {"kibo.shopper", "kibo.anonymous_shopper", "kibo.adminuser"} - {kind}
        for wrong in other:
            with pytest.raises(Rejected):
                AccessTokens(running.url, wrong).verify(ticket["accessToken"])


SEED = """
tenants: [{id: 5, name: Small}]
applications:
  - {application_id: ns.small, shared_secret: small-secret, tenants: [5]}
  - {application_id: ns.phone, shared_secret: phone-secret, tenants: [5]}
oauth_clients:
  - client_id: carts
    client_secret: carts-secret
    inspects: [kibo.shopper, kibo.anonymous_shopper]
users:
  - {email: mia@example.com, password: mia of the small shop, realm: "kibo.shopper:5", number: 77}
  - {email: mia@example.com, password: mia who keeps the shop, tenants: {5: [1]}}
"""


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    seed = folder / "small.yaml"
    seed.write_text(SEED)
    with (
        running_server(folder, seed=seed) as server,
        httpx.Client(
            base_url=server.url, headers={"x-vol-tenant": "5", "x-vol-site": "2000"}
        ) as client,
    ):
        yield sign_in_as(client, "ns.small", "small-secret")


def sign_in_mia(small_shop):
    return sign_in(small_shop, "mia@example.com", "mia of the small shop").json()


def test_a_shopper_of_a_directory_file_signs_in(small_shop):
    assert sign_in_mia(small_shop)["customerAccount"]["id"] == 77
    assert sign_in(small_shop, "mia@example.com", "mia who keeps the shop").status_code == 401


def test_another_application_of_the_tenant_goes_on_with_a_session_and_ends_it(small_shop):
    ticket = sign_in_mia(small_shop)
    with httpx.Client(base_url=small_shop.base_url, headers={"x-vol-tenant": "5"}) as client:
        phone = sign_in_as(client, "ns.phone", "phone-secret")
        renewed = refresh(phone, ticket)
        assert renewed.status_code == 200
        query = {"refreshToken": renewed.json()["refreshToken"]}
        assert phone.delete(TICKETS, params=query).status_code == 200
    assert refresh(small_shop, renewed.json()).status_code == 404


def test_introspection_tells_of_a_shopper_until_the_sign_out(small_shop):
    def introspect(ticket):
        said = {"token": ticket["accessToken"]}
        answer = small_shop.post("/oauth/introspect", data=said, auth=("carts", "carts-secret"))
        return answer.json()

    for ticket, account in ((sign_in_mia(small_shop), {"account": 77}), (begin(small_shop), {})):
        told = {"active": True, "sub": ticket["userId"], "tid": "5", "site": 2000, **account}
        assert told.items() <= introspect(ticket).items()
        query = {"refreshToken": ticket["refreshToken"]}
        assert small_shop.delete(TICKETS, params=query).status_code == 200
        assert introspect(ticket) == {"active": False}


def test_a_name_is_taken_once(shop):
    name = new_name()
    sign_up(shop, name)
    assert fault(sign_up(shop, name))[0] in ("emailAddress", "userName")
    assert fault(sign_up(shop, new_name(), "short"))[0] == "password"
    assert fault(sign_up(shop, "no@e-mail"))[0] == "emailAddress"


def test_who_signs_in_after_browsing_gets_a_session_of_their_own(shop):
    before = begin(shop)
    ticket = sign_up(shop, new_name()).json()
    assert ticket["userId"] != before["userId"]
    assert refresh(shop, before).json()["userId"] == before["userId"]


def test_a_login_is_created_once_and_then_signs_in(shop):
    name = new_name()
    account = sign_up(shop, name).json()["customerAccount"]["id"]
    path = f"{ACCOUNTS}/{account}/Create-Login"
    body = {"username": name, "password": PASSWORD}
    assert shop.post(path, json=body).status_code == 200
    assert fault(shop.post(path, json=body | {"password": NEW})) == ("password", "is not valid")
    assert shop.post(f"{ACCOUNTS}/2147483647/Create-Login", json=body).status_code == 404


def test_a_new_password_ends_all_sessions(shop):
    name = new_name()
    ticket = sign_up(shop, name).json()
    path = f"{ACCOUNTS}/{ticket['customerAccount']['id']}/Change-Password"
    wrong = shop.post(path, json={"oldPassword": NEW, "newPassword": NEW})
    assert fault(wrong) == ("oldPassword", "is not valid")
    assert fault(shop.post(path, json={"oldPassword": PASSWORD, "newPassword": "short"}))[0] == (
        "newPassword"
    )
    right = {"oldPassword": PASSWORD, "newPassword": NEW}
    changed = shop.post(path, json=right, params={"unlockAccount": "true"})
    assert (changed.status_code, changed.content) == (200, b"")
    assert refresh(shop, ticket).status_code == 404
    assert sign_in(shop, name).status_code == 401
    assert sign_in(shop, name, NEW).status_code == 200


def ask_for_code(shop, **names):
    answer = shop.post(f"{ACCOUNTS}/Reset-Password", json=names)
    assert (answer.status_code, answer.content) == (200, b"")


def code_for(running, name):
    address = f"{name}@example.com"

    def mails():
        return [mail for mail in running.mails if mail["To"] == address]

    until(mails, f"a mail to {address}")
    return mails()[-1].get_content().split()[0]


def redeem(shop, name, code, password=NEW):
    body = {"userName": name, "confirmationCode": code, "newPassword": password}
    return shop.post(f"{ACCOUNTS}/update-forgotten-password", json=body)


def test_a_code_sets_a_new_password_once_and_for_one_shopper(shop, running):
    name, other = new_name(), new_name()
    ticket, _ = sign_up(shop, name).json(), sign_up(shop, other)
    ask_for_code(shop, emailAddress=f"{name}@example.com")
    ask_for_code(shop, userName=other)
    code, foreign = code_for(running, name), code_for(running, other)
    for wrong in ("guess", foreign, code.swapcase()):
        assert fault(redeem(shop, name, wrong)) == ("confirmationCode", "is not valid")
    assert fault(redeem(shop, name, code, "short"))[0] == "newPassword"
    assert redeem(shop, name, code).status_code == 200
    assert fault(redeem(shop, name, code, PASSWORD)) == ("confirmationCode", "is not valid")
    assert refresh(shop, ticket).status_code == 404
    assert sign_in(shop, name, NEW).status_code == 200


def test_an_e_mail_does_not_become_the_password_of_a_code_sent_with_the_user_name(shop, running):
    name = new_name()
    sign_up(shop, name)
    ask_for_code(shop, userName=name)
    code = code_for(running, name)
    assert fault(redeem(shop, name, code, f"{name}@example.com"))[0] == "newPassword"
    assert redeem(shop, name, code).status_code == 200


def test_an_unknown_name_is_answered_like_a_known_one_and_gets_no_mail(shop, running):
    name, nobody = new_name(), new_name()
    sign_up(shop, name)
    ask_for_code(shop, emailAddress=f"{nobody}@example.com")
    ask_for_code(shop, emailAddress=f"{name}@example.com")
    code_for(running, name)
    assert all(nobody not in mail["To"] for mail in running.mails)
    assert fault(redeem(shop, nobody, "guess")) == fault(redeem(shop, name, "guess"))


def test_guesses_at_a_code_are_limited(shop):
    name = new_name()
    sign_up(shop, name)
    ask_for_code(shop, userName=name)
    answers = [redeem(shop, name, f"guess{number}").status_code for number in range(12)]
    assert set(answers[:10]) == {400}
    assert set(answers[10:]) == {429}


def test_a_shop_reads_the_state_of_a_login(shop):
    name = new_name()
    account = sign_up(shop, name).json()["customerAccount"]["id"]
    states = [
        shop.get(f"{ACCOUNTS}/{account}/loginstate"),
        shop.post(f"{ACCOUNTS}/loginstatebyusername", params={"userName": name}),
        shop.post(
            f"{ACCOUNTS}/loginStateByEmailAddress", params={"emailAddress": f"{name}@example.com"}
        ),
    ]
    assert {answer.status_code for answer in states} == {200}
    assert states[0].json() == states[1].json() == states[2].json()
    assert states[0].json()["isLocked"] is False
    unknown = shop.post(f"{ACCOUNTS}/loginstatebyusername", params={"userName": new_name()})
    assert unknown.status_code == 404


def test_no_log_has_a_token_of_a_query_or_a_code(shop, running):
    ticket, name = begin(shop), new_name()
    signed_in = sign_up(shop, name).json()
    ask_for_code(shop, userName=name)
    code = code_for(running, name)
    for each in (ticket, signed_in):
        assert refresh(shop, each).status_code == 200
    assert shop.put(f"{TICKETS}/Refresh", params={"refreshToken": "rtk_wrong"}).status_code == 404
    tokens = (ticket["accessToken"], signed_in["accessToken"])
    expect_in_no_log(running, "rtk_", code, PASSWORD, NEW, *tokens)


OTHER_CASE = "/api/Platform/Applications/AuthTickets"


def of_application(shop):
    """The refresh token of a new ticket of the application."""
    app = {"applicationId": "ns.app.1.0.0.Release", "sharedSecret": "s3cret"}
    return shop.post(APPS, json=app).json()["refreshToken"]


@pytest.mark.parametrize("path", [APPS, OTHER_CASE])
def test_no_log_has_a_token_of_a_path(shop, running, path):
    """One letter is encoded: the log replaces what looks like a token, and so would hide a leak."""
    first, guess = of_application(shop), secrets.token_hex()
    answer = shop.put(f"{path}/Refresh-Ticket/{first.replace('rtk_', '%72tk_')}")
    second = answer.json()["refreshToken"]
    assert shop.delete(f"{path}/{second.replace('rtk_', '%72tk_')}").status_code == 200
    assert shop.put(f"{path}/refresh-ticket/{guess}").status_code == 401
    assert shop.delete(f"{path}/{guess}").status_code == 404
    expect_in_no_log(running, guess, *(token.removeprefix("rtk_") for token in (first, second)))


def expect_in_no_log(running, *texts):
    """The logs have lines of these requests, and none of the texts."""
    written = {
        each: each.read_text()
        for each in running.folder.rglob("*")
        if each.suffix in (".log", ".jsonl")
    }
    assert len(written) >= 2
    assert any('"event":"request"' in text.replace(" ", "") for text in written.values())
    for path, text in written.items():
        assert [each for each in texts if each in text] == [], path
