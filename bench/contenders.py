"""Who is compared: how each server is started, and in which words it is asked."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import parse_qs, urlsplit

from bench import node, processes
from bench.asking import ByHand, Ours, Peer, Plain, Words
from bench.material import Material
from bench.processes import Program
from bench.province import KEPT, ROOT
from domain.actor import Actor, Role
from kinerja import clock, tokens

CONNECTIONS: Final = 10
"""The size of each server's pool."""

OURS: Final = "ours"
PEER: Final = "postgraphile"
PLAIN: Final = "strawberry"
LIMIT: Final = "limit"


class Starting(Protocol):
    """How a server is started over the database at `url`, to listen on a port."""

    def __call__(self, url: str, port: int) -> Program: ...  # noqa: D102 - described by its class


@dataclass(frozen=True, slots=True)
class Contender:
    """One of those who are compared."""

    name: str
    program: Starting
    words: Words


def signed(secret: str, material: Material) -> Ours:
    """The words of ours, with tokens of a service account and of each appraiser that the material names."""
    signer, now = tokens.Signer(secret), clock.now()
    appraisers = {plan.appraiser for plan in material.plans}
    return Ours(
        signer.issue(Actor(None, Role.SERVICE), now),
        {person: signer.issue(Actor(person, Role.SUPERVISOR), now) for person in appraisers},
    )


def all_of(secret: str, words: Ours) -> tuple[Contender, ...]:
    """Everybody, ours first, whose tokens are signed with this secret."""

    def ours(url: str, port: int) -> Program:
        return _ours(secret, url, port)

    return (
        Contender(OURS, ours, words),
        Contender(PEER, _peer, Peer()),
        Contender(PLAIN, _plain, Plain()),
        Contender(LIMIT, _limit, ByHand()),
    )


def _ours(secret: str, url: str, port: int) -> Program:
    """`kinerja serve` as it is, without the jobs and without a limit on how much one principal may ask."""
    variables = {
        "KINERJA_DATABASE_URL": url,
        "KINERJA_DATA_DIR": str(KEPT / "ours"),
        "KINERJA_TOKEN_SECRET": secret,
        "KINERJA_PORT": str(port),
        "KINERJA_CONNECTIONS": str(CONNECTIONS),
        "KINERJA_LARGEST_PAGE": "1000",
        "KINERJA_NODES_PER_MINUTE": "0",
        "KINERJA_WORKER": "false",
        "KINERJA_LOG_LEVEL": "error",
    }
    return Program([str(Path(sys.executable).parent / "kinerja"), "serve"], _with(variables), ROOT, "/readyz")


def _peer(url: str, port: int) -> Program:
    """PostGraphile in production mode, told where the database is in the variables that node's driver reads."""
    asked = urlsplit(url)
    way = parse_qs(asked.query)
    variables = {
        "PGHOST": way["host"][0],
        "PGPORT": way["port"][0],
        "PGUSER": asked.username or "",
        "PGDATABASE": asked.path.lstrip("/"),
        "PORT": str(port),
        "CONNECTIONS": str(CONNECTIONS),
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
    }
    return Program([str(node.program()), "postgraphile.mjs"], _with(variables), node.FOLDER, "/graphql")


def _plain(url: str, port: int) -> Program:
    return _python("bench.servers.plain", url, port)


def _limit(url: str, port: int) -> Program:
    return _python("bench.servers.limit", url, port)


def _python(module: str, url: str, port: int) -> Program:
    variables = {"DATABASE_URL": url, "PORT": str(port), "CONNECTIONS": str(CONNECTIONS)}
    return Program(processes.python(module), _with(variables), ROOT, "/healthz")


def _with(variables: Mapping[str, str]) -> Mapping[str, str]:
    """Our variables beside the environment's, of which none is for Kinerja or PostgreSQL."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("KINERJA_", "PG"))}
    return {**others, **variables}
