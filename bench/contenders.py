"""Who is compared: how each server is started, and in which words it is asked."""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey

from bench import asking, node, peer_logins, processes
from bench.asking import ByHand, Ours, Peer, Plain, Who, Words
from bench.material import Material
from bench.processes import Program
from bench.province import KEPT, ROOT
from bench.questions import Question
from domain import scope
from domain.actor import Actor, Role
from kinerja import clock, tokens

CONNECTIONS: Final = 10
"""The size of each server's pool."""

OURS: Final = "ours"
PEER: Final = "postgraphile"
PLAIN: Final = "strawberry"
LIMIT: Final = "limit"
WALLED_PEER: Final = "postgraphile_rls"
SCOPE_ALONE: Final = "scope_alone"
UNAUDITED: Final = "unaudited"

_ALWAYS: Final = (1, 16, 64)
_ROLES: Final = (1, 16)
_COST: Final = (16,)


class Starting(Protocol):
    """How a server is started over the database at `url`, to listen on a port."""

    def __call__(self, url: str, port: int) -> Program: ...  # noqa: D102 - described by its class


@dataclass(frozen=True, slots=True)
class Contender:
    """One of those who are compared, and at which numbers of clients it answers questions without and with roles."""

    name: str
    program: Starting
    words: Words
    plain: Sequence[int] = _ALWAYS
    in_roles: Sequence[int] = ()

    def connections(self, question: Question) -> Sequence[int]:
        """The numbers of clients at which it is asked a question; none where it is not asked at all."""
        return self.plain if question.asker is None else self.in_roles


def signed(secret: str, known: Material) -> Ours:
    """The words of ours, with tokens of a service account and of everybody whom the material names."""
    signer, now = tokens.Signer(secret), clock.now()
    mine = {asking.who(actor): signer.issue(actor, now) for actor in _actors(known)}
    return Ours(signer.issue(Actor(None, Role.SERVICE), now), mine)


def all_of(secret: str, words: Ours, known: Material, prefix: str) -> tuple[Contender, ...]:
    """Everybody, ours first, whose tokens are signed with this secret; the logins of the roles have the prefix."""

    def ours(url: str, port: int) -> Program:
        return _ours([str(Path(sys.executable).parent / "kinerja"), "serve"], secret, url, port)

    def scope_alone(url: str, port: int) -> Program:
        return _ours(processes.python("bench.servers.without", "wall"), secret, url, port)

    def unaudited(url: str, port: int) -> Program:
        return _ours(processes.python("bench.servers.without", "accesses"), secret, url, port)

    def walled(url: str, port: int) -> Program:
        login = {"PGUSER": peer_logins.authenticator(prefix), "JWT_SECRET": secret}
        return _peer(url, port, login)

    return (
        Contender(OURS, ours, words, _ALWAYS, _ROLES),
        Contender(PEER, _peer, Peer()),
        Contender(PLAIN, _plain, Plain()),
        Contender(LIMIT, _limit, ByHand(), _ALWAYS, _ROLES),
        Contender(WALLED_PEER, walled, Peer(peers_tokens(secret, known, prefix)), (), _ROLES),
        Contender(SCOPE_ALONE, scope_alone, words, (), _COST),
        Contender(UNAUDITED, unaudited, words, (), _COST),
    )


def _actors(known: Material) -> Iterator[Actor]:
    """Everybody who asks in a role; those who ask reads are known best, and so come last."""
    yield from (Actor(plan.appraiser, Role.SUPERVISOR) for plan in known.plans)
    yield from (asker.actor for askers in known.askers.values() for asker in askers)


def peers_tokens(secret: str, known: Material, prefix: str) -> Mapping[Who, str]:
    """Tokens that hold the role and the settings as they are, so that PostGraphile has nothing to look up."""
    key = OctKey.import_key(secret)
    until = int(time.time() + tokens.LIFETIME.total_seconds())

    def token(actor: Actor) -> str:
        told = {"role": peer_logins.role(prefix, actor.role), **scope.settings(actor)}
        claims: dict[str, Any] = {"exp": until, "settings": told}
        return jwt.encode({"alg": "HS256"}, claims, key, algorithms=["HS256"])

    return {asking.who(actor): token(actor) for actor in _actors(known)}


def _ours(command: Sequence[str], secret: str, url: str, port: int) -> Program:
    """`kinerja serve` without the jobs and without a limit on how much one principal may ask."""
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
    return Program(command, _with(variables), ROOT, "/readyz")


def _peer(url: str, port: int, login: Mapping[str, str] | None = None) -> Program:
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
        **(login or {}),
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
