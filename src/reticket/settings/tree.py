"""The settings: their names, defaults and descriptions.

Owns the frozen tree; `settings.loading` fills it. A field with `repr=False` is secret: its value is
in no error and no repr.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

import argon2
from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from reticket.settings.audit import AuditTable
from reticket.settings.connections import Connections
from reticket.settings.ephemeral import EphemeralTable
from reticket.settings.fetch import Fetch
from reticket.settings.messages import MessagesTable
from reticket.settings.table import Table
from reticket.settings.values import (
    DIRECTORY_URLS,
    SESSIONS_URLS,
    TOGETHER,
    Accepts,
    Algorithm,
    BearerToken,
    Count,
    DirectoryUrl,
    ExistingFile,
    Host,
    Int,
    Issuer,
    Level,
    Location,
    LogFormat,
    MasterKey,
    Networks,
    Origins,
    Port,
    PrivateEndpoint,
    ReuseAnswer,
    Seconds,
    SessionsUrl,
    Size,
    Span,
    Switch,
    Wait,
    by_policy,
    frozen,
)


class SignInLimits(Table):
    """Limits on failed sign-ins."""

    account_failures: Count = Field(
        10, description="failed sign-ins per account, network and window"
    )
    account_window: Seconds = Field(300, description="how long a failure counts for its account")
    stranger_failures: Count = Field(
        100,
        description="failed sign-ins per account and window from all unknown networks together, "
        "and from each known one",
    )
    stranger_window: Seconds = Field(
        86_400, description="how long such failures count; a success forgets them"
    )
    address_failures: Count = Field(
        200, description="failed sign-ins of people per network and window"
    )
    address_window: Seconds = Field(300, description="how long a failure counts for its network")
    application_failures: Count = Field(
        2000,
        description="failed sign-ins per application, realm and window of people whose passwords "
        "the application sends; those who signed in through it before are not refused",
    )
    application_window: Seconds = Field(
        300, description="how long such a failure counts for its application"
    )
    program_failures: Count = Field(
        200, description="failed sign-ins of programs per network and window"
    )
    program_window: Seconds = Field(300, description="how long a program's failure counts")


class Hashing(Table):
    """argon2id, and the pool that runs it."""

    threads: Annotated[
        Count, Accepts("a whole number of at least 1", "one per processor but one, at least 1")
    ] = Field(
        default_factory=lambda: max(1, (os.cpu_count() or 1) - 1),
        description="passwords hashed at once",
    )
    queue: Count = Field(64, description="passwords that may wait; more are answered 503")
    time_cost: Count = Field(argon2.DEFAULT_TIME_COST, description="argon2 passes")
    memory: Annotated[
        Int, Field(ge=8, le=2**22), Accepts("a whole number of KiB, from 8 to 4194304")
    ] = Field(argon2.DEFAULT_MEMORY_COST, description="argon2 memory of one hash, in KiB")
    parallelism: Annotated[Int, Field(ge=1, le=64), Accepts("a whole number from 1 to 64")] = Field(
        argon2.DEFAULT_PARALLELISM, description="argon2 lanes of one hash"
    )

    @model_validator(mode="after")
    def _enough_memory(self) -> Self:
        least = 8 * self.parallelism
        if self.memory < least:
            raise PydanticCustomError(
                TOGETHER,
                "hashing.memory must be at least 8 KiB per lane, {least} in all, is {memory}",
                {"least": least, "memory": self.memory},
            )
        return self


class PolicyChange(Table):
    """The changes to a policy's preset; None leaves a member as it is."""

    access: Seconds | None = Field(None, description="lifetime of an access token")
    refresh: Seconds | None = Field(None, description="idle end: lifetime of a refresh token")
    absolute: Seconds | None = Field(None, description="end of a session, from its sign-in")
    window: Span | None = Field(None, description="how long a rotation forgives an older token")
    reuse: ReuseAnswer | None = Field(None, description="what an older token does after the window")
    rotates: Switch | None = Field(None, description="whether a refresh issues a new generation")


class Settings(BaseSettings):
    """Every setting, parsed and checked. Built by `settings.loading.load`; tests may build one by
    hand.
    """

    model_config = SettingsConfigDict(
        env_prefix="RETICKET_",
        env_nested_delimiter="__",
        enable_decoding=False,
        extra="forbid",
        frozen=True,
    )

    host: Host = Field("127.0.0.1", description="address to listen on")
    port: Port = Field(8088, description="port to listen on; 0 takes a free one")
    workers: Annotated[Int, Field(ge=1, le=256), Accepts("a whole number from 1 to 256")] = Field(
        1, description="processes behind the port"
    )
    data: Location = Field(Path("data"), description="folder for everything that is stored")
    seed: Location | None = Field(None, description="directory file to load at start")
    demo_public: Switch = Field(
        False, description="whether demo data may be served to other machines than this one"
    )
    tls_certificate: ExistingFile | None = Field(None, description="certificate chain, PEM")
    tls_key: ExistingFile | None = Field(None, description="private key of the certificate, PEM")
    trusted_proxies: Networks = Field(
        (), description="proxies whose X-Forwarded-For is believed; none when empty"
    )
    cors_origins: Origins = Field(
        (), description="origins whose pages may read answers, but none of /admin and /metrics"
    )
    issuer: Issuer | None = Field(
        None, description="issuer of OAuth tokens; without it the address that is served"
    )
    body_limit: Size = Field(1_048_576, description="longest request body")
    log_level: Level = Field("info", description="the least level that is logged")
    log_format: LogFormat = Field("auto", description="form of the log on standard error")
    access_log: Switch = Field(
        False, description="whether each request to a dialect gets a log line"
    )
    audit_file: Annotated[Location, Accepts("a path", "<data>/audit.jsonl")] = Field(
        default_factory=lambda said: said["data"] / "audit.jsonl",
        description="file of the audit stream",
    )
    audit: AuditTable = Field(default_factory=AuditTable)
    metrics_listen: PrivateEndpoint | None = Field(
        None, description="address of a listener of its own for /metrics, which asks for no token"
    )
    metrics_token: BearerToken | None = Field(
        None,
        repr=False,
        description="bearer token that reads /metrics at the public port; only as the variable "
        "RETICKET_METRICS_TOKEN, never in a file",
    )
    metrics_token_file: ExistingFile | None = Field(
        None, description="file with that token, instead of the variable"
    )
    docs: Switch = Field(True, description="whether /docs and the OpenAPI documents are served")
    debug: Switch = Field(False, description="whether dialects may explain errors to callers")
    signing_algorithm: Algorithm = Field("ES256", description="signature of new access tokens")
    sessions: Annotated[SessionsUrl, Accepts(SESSIONS_URLS, "sqlite:///<data>/families.sqlite")] = (
        Field(
            default_factory=lambda said: f"sqlite:///{said['data'] / 'families.sqlite'}",
            repr=False,
            description="store of the sessions",
        )
    )
    directory: Annotated[
        DirectoryUrl, Accepts(DIRECTORY_URLS, "sqlite:///<data>/directory.sqlite")
    ] = Field(
        default_factory=lambda said: f"sqlite:///{said['data'] / 'directory.sqlite'}",
        repr=False,
        description="store of users, tenants and applications",
    )
    stop_timeout: Wait = Field(10.0, description="how long a stop waits for accepted requests")
    purge_interval: Seconds = Field(3600, description="pause between removals of ended sessions")
    busy_timeout: Wait = Field(5.0, description="how long a locked database is waited for")
    ephemeral: EphemeralTable = Field(default_factory=EphemeralTable)
    connections: Connections = Field(default_factory=Connections)
    sign_in: SignInLimits = Field(default_factory=SignInLimits)
    fetch: Fetch = Field(default_factory=Fetch)
    messages: MessagesTable = Field(default_factory=MessagesTable)
    hashing: Hashing = Field(default_factory=Hashing)
    policies: Annotated[
        Mapping[str, PolicyChange],
        BeforeValidator(by_policy),
        AfterValidator(frozen),
        Accepts("tables [policies.PRESET] or [policies.KIND]"),
    ] = Field(default_factory=dict, validate_default=True)
    dialects: Annotated[
        Mapping[str, Mapping[str, Any]],
        AfterValidator(frozen),
        Accepts("tables [dialects.DIALECT]"),
    ] = Field(default_factory=dict, validate_default=True)
    master_key: MasterKey | None = Field(
        None,
        repr=False,
        description="opens the sealed keys; only as the variable RETICKET_MASTER_KEY, never in "
        "a file; without it a key file is used",
    )

    @model_validator(mode="after")
    def _memory_of_one(self) -> Self:
        if self.workers > 1 and self.sessions == "memory:":
            raise PydanticCustomError(
                TOGETHER, "sessions = memory: lives in one process; workers must be 1 with it"
            )
        return self

    @model_validator(mode="after")
    def _room_for_bodies(self) -> Self:
        if self.connections.body_room < 2 * self.body_limit * self.workers:
            raise PydanticCustomError(
                TOGETHER, "connections.body_room must be at least two of body_limit for each worker"
            )
        return self

    @model_validator(mode="after")
    def _one_metrics_token(self) -> Self:
        if self.metrics_token and self.metrics_token_file:
            raise PydanticCustomError(
                TOGETHER, "metrics_token and metrics_token_file must not both be set"
            )
        return self

    @model_validator(mode="after")
    def _certificate_and_key(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise PydanticCustomError(
                TOGETHER, "tls_certificate and tls_key must be set together or not at all"
            )
        return self
