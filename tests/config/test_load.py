from __future__ import annotations

import base64
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest

from reticket.core.errors import SettingError
from reticket.settings import Settings, reference
from reticket.settings import loading as config
from reticket.settings.catalogue import variable

Toml = Callable[[str], Path]


def refusal(file: Path | None = None, overrides: dict[str, object] | None = None) -> str:
    with pytest.raises(SettingError) as caught:
        config.load(file, overrides)
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.__cause__ is None
    return message


def test_without_a_file_the_defaults_apply() -> None:
    settings = config.load()
    assert (settings.host, settings.port) == ("127.0.0.1", 8088)
    assert settings.audit_file == Path("data/audit.jsonl")
    assert settings.sessions == "sqlite:///data/families.sqlite"
    assert settings.directory == "sqlite:///data/directory.sqlite"
    assert settings.trusted_proxies == settings.cors_origins == ()
    assert (settings.sign_in.account_failures, settings.sign_in.account_window) == (10, 300)
    assert settings.master_key is None


def test_derived_paths_follow_the_data_folder(tmp_path: Path) -> None:
    settings = config.load(None, {"data": tmp_path})
    assert settings.audit_file == tmp_path / "audit.jsonl"
    assert config.sqlite_path(settings.sessions) == tmp_path / "families.sqlite"


def test_the_command_line_overrides_variables_and_they_override_the_file(
    toml: Toml, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = toml('port = 1\nhost = "file"\nlog_level = "debug"\n[sign_in]\naccount_window = 9\n')
    monkeypatch.setenv("RETICKET_PORT", "2")
    monkeypatch.setenv("RETICKET_HOST", "variable")
    monkeypatch.setenv("RETICKET_SIGN_IN__ACCOUNT_FAILURES", "3")
    settings = config.load(file, {"port": 4, "host": None})
    assert (settings.port, settings.host, settings.log_level) == (4, "variable", "debug")
    assert (settings.sign_in.account_window, settings.sign_in.account_failures) == (9, 3)


def test_settings_are_frozen() -> None:
    settings = config.load()
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1
    with pytest.raises(TypeError):
        settings.policies["KIBO_2026"] = settings.policies  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    ["10.0.0.0/8, ::1", "10.0.0.0/8 ::1", '["10.0.0.0/8", "::1"]', ' ["10.0.0.0/8","::1"]'],
)
def test_lists_in_variables_are_words_or_a_json_array(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETICKET_TRUSTED_PROXIES", text)
    networks = config.load().trusted_proxies
    assert networks == (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def test_an_empty_variable_empties_a_list(toml: Toml, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETICKET_CORS_ORIGINS", "")
    assert config.load(toml('cors_origins = ["*"]')).cors_origins == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prot = 1", "prot is not a setting; did you mean port?"),
        (
            "[sign_in]\nacount_failures = 1",
            "sign_in.acount_failures is not a setting; did you mean sign_in.account_failures?",
        ),
        ("[sign_inn]", "sign_inn is not a setting; did you mean sign_in?"),
        (
            "[policies.KIBO_2026]\nwindw = 1",
            "policies.KIBO_2026.windw is not a setting; did you mean policies.KIBO_2026.window?",
        ),
        ("port = 70000", "port must be a whole number from 0 to 65535, is 70000"),
        ("port = true", "port must be a whole number from 0 to 65535, is True"),
        ("port = {}", "port must be a whole number from 0 to 65535, is {}"),
        ("sign_in = 1", "sign_in must be a table, is 1"),
        ('log_level = "loud"', "log_level must be debug, info, warning or error, is 'loud'"),
        ('access_log = "maybe"', "access_log must be true or false, is 'maybe'"),
        ('data = ""', "data must be a path, is ''"),
        ('data = "a\\u0000b"', r"data must be a path, is 'a\x00b'"),
        (
            'trusted_proxies = ["::1", "10.0.0.1/8"]',
            "trusted_proxies must be a list of IP addresses and networks such as 10.0.0.0/8, "
            "is '10.0.0.1/8'",
        ),
        (
            "[policies.kibo.application]\nwindow = -1",
            "policies.kibo.application.window must be a whole number of seconds, "
            "from 0 to a century, is -1",
        ),
        (
            "[policies]\nwindow = 1",
            "policies must be tables [policies.PRESET] or [policies.KIND], "
            "is {'window': 1}",
        ),
        ("policies = 3", "policies must be tables [policies.PRESET] or [policies.KIND]"
         ", is 3"),
        ("[dialects]\nkibo = 3", "dialects.kibo must be tables [dialects.DIALECT], is 3"),
        ('master_key = "x"', "master_key is accepted only as RETICKET_MASTER_KEY"),
        ('metrics_token = "x"', "metrics_token is accepted only as RETICKET_METRICS_TOKEN"),
    ],
)  # fmt: skip
def test_a_fault_in_a_file_is_one_sentence(text: str, sentence: str, toml: Toml) -> None:
    file = toml(text)
    assert refusal(file) == f"{file}: {sentence}"


@pytest.mark.parametrize(
    "origins",
    [["*", "https://a.example"], ["shop.example.com"], ["https://a.example/x"], ["https://A.b"]],
)
def test_an_origin_has_a_scheme_and_no_path(origins: list[str]) -> None:
    assert "--cors-origins must be a list of origins" in refusal(None, {"cors_origins": origins})


@pytest.mark.parametrize("origins", [(), ("*",), ("https://a.example:8443", "capacitor://app")])
def test_origins_that_are_accepted(origins: tuple[str, ...]) -> None:
    assert config.load(None, {"cors_origins": origins}).cors_origins == origins


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PROT", "1", "RETICKET_PROT is not a setting; did you mean RETICKET_PORT?"),
        (
            "SIGN_IN__WINDOW",
            "1",
            "RETICKET_SIGN_IN__WINDOW is not a setting; "
            "did you mean RETICKET_SIGN_IN__PROGRAM_WINDOW?",
        ),
        (
            "POLICIES__KIBO_2026__WINDW",
            "1",
            "RETICKET_POLICIES__KIBO_2026__WINDW is not a setting; "
            "did you mean RETICKET_POLICIES__KIBO_2026__WINDOW?",
        ),
        ("PORT", "", "RETICKET_PORT must be a whole number from 0 to 65535, is ''"),
        ("SIGN_IN", "x", "RETICKET_SIGN_IN must be a table, is 'x'"),
        (
            "POLICIES__KIBO__APPLICATION__REUSE",
            "x",
            "RETICKET_POLICIES__KIBO__APPLICATION__REUSE must be revoke or tolerate, is 'x'",
        ),
    ],
)
def test_a_fault_in_a_variable_is_one_sentence(
    name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETICKET_" + name, value)
    assert refusal() == sentence


def test_an_unknown_member_without_a_similar_one_lists_the_members_of_its_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RETICKET_SIGN_IN__X", "1")
    _, _, accepted = refusal().partition("accepted are ")
    assert all(name.startswith("RETICKET_SIGN_IN__") for name in accepted.split(", "))


def test_a_fault_on_the_command_line_names_the_option(tmp_path: Path) -> None:
    sentence = refusal(None, {"tls_certificate": tmp_path / "absent.pem"})
    assert sentence.startswith("--tls-certificate must be the path of a file that exists, is ")


def test_an_unknown_key_without_a_similar_one_lists_all_keys(toml: Toml) -> None:
    sentence = refusal(toml("zzz = 1"))
    assert "accepted are host, port, workers, data, " in sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"port =", " is not valid TOML: "), (b"\xff", " is not UTF-8 text, as TOML must be")],
)
def test_a_file_that_is_not_toml_is_refused(content: bytes, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    assert f"{file}{sentence}" in refusal(file)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "absent.toml"
    assert refusal(file) == f"{file} cannot be read: No such file or directory"


def test_certificate_and_key_go_together(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    file.touch()
    sentence = "tls_certificate and tls_key must be set together or not at all"
    assert refusal(None, {"tls_certificate": file}) == sentence
    assert config.load(None, {"tls_certificate": file, "tls_key": file}).tls_key == file


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("127.1.2.3:1", ("127.1.2.3", 1)),
        ("10.0.0.5:65535", ("10.0.0.5", 65535)),
        ("[::1]:9464", ("::1", 9464)),
        ("[fd00::5]:9464", ("fd00::5", 9464)),
    ],
)
def test_metrics_have_an_address_that_is_not_public(text: str, endpoint: tuple[str, int]) -> None:
    assert config.load(None, {"metrics_listen": text}).metrics_listen == endpoint


@pytest.mark.parametrize(
    "text",
    ["0.0.0.0:9464", "[::]:9464", "8.8.8.8:9464", "[2001:4860::1]:9464", "localhost:9464", "9464",
     "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", "::1:9464", "[127.0.0.1]:9464",
     "[::ffff:8.8.8.8]:9464", ""],
)  # fmt: skip
def test_metrics_listen_on_no_public_address(text: str) -> None:
    assert refusal(None, {"metrics_listen": text}) == (
        "--metrics-listen must be a loopback or private IP address with a port, "
        f"such as 127.0.0.1:9464, is {text!r}"
    )


SCRAPE = "0123456789-scrape-0123456789-scrape"


def test_the_metrics_token_comes_from_its_variable_and_is_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RETICKET_METRICS_TOKEN", SCRAPE)
    settings = config.load()
    assert config.metrics_token(settings) == SCRAPE
    assert SCRAPE not in repr(settings) + str(settings)


@pytest.mark.parametrize("text", ["", "short", SCRAPE + " ", SCRAPE + "é", "x" * 300])
def test_a_bad_metrics_token_is_not_shown(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETICKET_METRICS_TOKEN", text)
    words = "32 to 256 letters, digits and characters of ._~+/-"
    assert refusal() == f"RETICKET_METRICS_TOKEN must be {words}"


def test_the_metrics_token_comes_from_a_file_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{SCRAPE}\n")
    assert config.metrics_token(config.load(None, {"metrics_token_file": file})) == SCRAPE
    assert config.metrics_token(config.load()) is None


@pytest.mark.parametrize("content", [b"", b"hunter2", f"{SCRAPE}\n{SCRAPE}".encode(), b"\xff" * 40])
def test_a_file_without_a_token_is_refused_without_its_content(
    content: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    settings = config.load(None, {"metrics_token_file": file})
    with pytest.raises(SettingError) as refused:
        config.metrics_token(settings)
    assert str(refused.value) == (
        "metrics_token_file must name a readable file of "
        "32 to 256 letters, digits and characters of ._~+/-"
    )


def test_each_worker_can_hold_two_of_the_largest_bodies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RETICKET_BODY_LIMIT", str(2**25))
    sentence = "connections.body_room must be at least two of body_limit for each worker"
    assert config.load(None, {"workers": 4}).workers == 4
    assert refusal(None, {"workers": 5}) == sentence


def test_two_metrics_tokens_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text(SCRAPE)
    monkeypatch.setenv("RETICKET_METRICS_TOKEN", SCRAPE)
    sentence = "metrics_token and metrics_token_file must not both be set"
    assert refusal(None, {"metrics_token_file": file}) == sentence


def test_a_setting_of_an_older_version_is_refused_with_a_remedy(
    toml: Toml, monkeypatch: pytest.MonkeyPatch
) -> None:
    advice = (
        "metrics_from is no longer a setting: "
        "metrics_listen and metrics_token say who may read /metrics, not an address"
    )
    file = toml("metrics_from = []")
    assert refusal(file) == f"{file}: {advice}"
    monkeypatch.setenv("RETICKET_METRICS_FROM", "10.0.0.0/8")
    assert refusal() == "RETICKET_" + advice.replace("metrics_from", "METRICS_FROM", 1)


@pytest.mark.parametrize("url", ["memory:", "sqlite:///data/families.sqlite"])
def test_the_old_name_of_the_session_store_setting_stops_the_start(
    url: str, toml: Toml, monkeypatch: pytest.MonkeyPatch
) -> None:
    advice = "families is no longer a setting: its name is sessions now"
    file = toml(f'families = "{url}"')
    assert refusal(file) == f"{file}: {advice}"
    assert refusal(None, {"families": url}) == advice
    monkeypatch.setenv("RETICKET_FAMILIES", url)
    assert refusal() == "RETICKET_" + advice.replace("families", "FAMILIES", 1)


def test_hashing_memory_must_be_enough_for_the_argon2_lanes(toml: Toml) -> None:
    sentence = "hashing.memory must be at least 8 KiB per lane, 32 in all, is 16"
    assert refusal(toml("[hashing]\nmemory = 16\nparallelism = 4")) == sentence


@pytest.mark.parametrize(
    "url", ["mysql://u:hunter2@db/x", "sqlite:///", "postgresql:u:hunter2", "hunter2"]
)
@pytest.mark.parametrize("key", ["sessions", "directory"])
def test_an_unknown_store_is_refused_without_showing_its_url(key: str, url: str) -> None:
    sentence = refusal(None, {key: url})
    assert sentence.startswith(f"--{key} must be sqlite:///PATH")
    assert "hunter2" not in sentence


def test_sessions_may_live_in_memory() -> None:
    assert config.load(None, {"sessions": "memory:"}).sessions == "memory:"
    assert "--directory must be" in refusal(None, {"directory": "memory:"})


def test_the_master_key_is_decoded_and_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    key = bytes(range(32))
    text = base64.b64encode(key).decode()
    monkeypatch.setenv("RETICKET_MASTER_KEY", text)
    settings = config.load()
    assert settings.master_key == key
    for shown in (repr(settings), str(settings)):
        assert text not in shown
        assert "master_key" not in shown


@pytest.mark.parametrize("text", ["", "hunter2", "aHVudGVyMg==", "hünter2"])
def test_a_bad_master_key_is_not_shown(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETICKET_MASTER_KEY", text)
    assert refusal() == "RETICKET_MASTER_KEY must be base64 of 32 bytes"


def test_the_reference_has_every_setting_with_a_description() -> None:
    rows = {row.key: row for row in reference()}
    assert rows["port"] == (
        "port",
        "a whole number from 0 to 65535",
        "8088",
        "port to listen on; 0 takes a free one",
    )
    assert rows["hashing.threads"].default == "one per processor but one, at least 1"
    assert rows["audit_file"].default == "<data>/audit.jsonl"
    assert rows["policies.NAME.window"].default == "the preset's"
    tables = {"sign_in", "hashing", "ephemeral", "connections", "audit", "policies"}
    tables |= {"dialects", "fetch", "messages"}
    assert tables | {key for key in rows if "." not in key} == set(Settings.model_fields)
    assert all(row.type != "a table" and row.default and row.description for row in rows.values())


def test_every_invalid_value_has_its_own_message(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"host", "data", "seed", "audit_file", "messages.smtp_user"}
    for key, words, *_ in reference():
        if key in texts or key.startswith("dialects."):  # tests/config/test_handover.py
            continue
        name = variable(key.replace("NAME", "KIBO_2026"))
        with monkeypatch.context() as patch:
            patch.setenv(name, "///")
            assert refusal().startswith(f"{name} must be {words}")
