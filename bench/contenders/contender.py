"""Contenders of the benchmark: start and request dialect of each server."""

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

from bench.contenders import node, peer_logins, processes
from bench.contenders.processes import ServerProgram
from bench.province_database import BENCH_DATA, ROOT
from bench.workload import request_builders
from bench.workload.material import WorkloadMaterial
from bench.workload.questions import Question
from bench.workload.request_builders import (
    ActorKey,
    HandwrittenRequests,
    KinerjaRequests,
    PostGraphileRequests,
    RequestBuilder,
    StrawberryRequests,
)
from domain.access import scopes
from domain.actor import Actor, Role
from kinerja import business_date
from kinerja.auth import authenticator

POOL_SIZE: Final = 10
"""Size of each server's connection pool."""

OURS: Final = "ours"
PEER: Final = "postgraphile"
PLAIN: Final = "strawberry"
LIMIT: Final = "limit"
PEER_WITH_ROW_SECURITY: Final = "postgraphile_rls"
SCOPE_ALONE: Final = "scope_alone"
UNAUDITED: Final = "unaudited"

_ALL_CONNECTIONS: Final = (1, 16, 64)
_ROLE_CONNECTIONS: Final = (1, 16)
_COST_CONNECTIONS: Final = (16,)


class ProgramFactory(Protocol):
    """Factory of a server's program over the database at `url`, listening on a port."""

    def __call__(self, url: str, port: int) -> ServerProgram: ...  # noqa: D102 - described by its class


@dataclass(frozen=True, slots=True)
class Contender:
    """One server of the comparison, with its numbers of clients.

    The numbers differ for questions without and with roles.
    """

    name: str
    build_program: ProgramFactory
    request_builder: RequestBuilder
    service_connections: Sequence[int] = _ALL_CONNECTIONS
    role_connections: Sequence[int] = ()

    def list_client_counts(self, question: Question) -> Sequence[int]:
        """Numbers of clients for a question; none if the contender does not get it."""
        return self.service_connections if question.role is None else self.role_connections


def sign_kinerja_requests(secret: str, material: WorkloadMaterial) -> KinerjaRequests:
    """Request builder of Kinerja with signed tokens.

    Tokens of a service account and of all actors of the material.
    """
    signer, now = authenticator.DemoTokens(secret), business_date.utc_now()
    mine = {
        request_builders.find_actor_key(actor): signer.issue_demo_token(actor, now)
        for actor in _list_actors(material)
    }
    return KinerjaRequests(signer.issue_demo_token(Actor(None, Role.SERVICE), now), mine)


def build_contenders(
    secret: str, builder: KinerjaRequests, material: WorkloadMaterial, prefix: str
) -> tuple[Contender, ...]:
    """Build all contenders, ours first.

    Our tokens are signed with this secret; the logins of the roles have the prefix.
    """

    def ours(url: str, port: int) -> ServerProgram:
        return _build_kinerja_program([str(Path(sys.executable).parent / "kinerja"), "serve"], secret, url, port)

    def scope_alone(url: str, port: int) -> ServerProgram:
        return _build_kinerja_program(
            processes.build_python_command("bench.contenders.servers.reduced_service", "wall"),
            secret,
            url,
            port,
        )

    def unaudited(url: str, port: int) -> ServerProgram:
        return _build_kinerja_program(
            processes.build_python_command("bench.contenders.servers.reduced_service", "accesses"),
            secret,
            url,
            port,
        )

    def walled(url: str, port: int) -> ServerProgram:
        login = {"PGUSER": peer_logins.name_peer_login(prefix), "JWT_SECRET": secret}
        return _build_postgraphile_program(url, port, login)

    return (
        Contender(OURS, ours, builder, _ALL_CONNECTIONS, _ROLE_CONNECTIONS),
        Contender(PEER, _build_postgraphile_program, PostGraphileRequests()),
        Contender(PLAIN, _build_strawberry_program, StrawberryRequests()),
        Contender(LIMIT, _build_limit_program, HandwrittenRequests(), _ALL_CONNECTIONS, _ROLE_CONNECTIONS),
        Contender(
            PEER_WITH_ROW_SECURITY,
            walled,
            PostGraphileRequests(sign_peer_tokens(secret, material, prefix)),
            (),
            _ROLE_CONNECTIONS,
        ),
        Contender(SCOPE_ALONE, scope_alone, builder, (), _COST_CONNECTIONS),
        Contender(UNAUDITED, unaudited, builder, (), _COST_CONNECTIONS),
    )


def _list_actors(material: WorkloadMaterial) -> Iterator[Actor]:
    """List the actors of all roles, those of the reads last.

    The actors of the reads are known best.
    """
    yield from (Actor(plan.appraiser, Role.SUPERVISOR) for plan in material.plans)
    yield from (asker.actor for askers in material.actors.values() for asker in askers)


def sign_peer_tokens(secret: str, material: WorkloadMaterial, prefix: str) -> Mapping[ActorKey, str]:
    """Sign PostGraphile tokens holding role and settings ready for use.

    PostGraphile then has nothing to look up.
    """
    key = OctKey.import_key(secret)
    until = int(time.time() + authenticator.TOKEN_LIFETIME.total_seconds())

    def token(actor: Actor) -> str:
        told = {"role": peer_logins.name_peer_role(prefix, actor.role), **scopes.build_actor_settings(actor)}
        claims: dict[str, Any] = {"exp": until, "settings": told}
        return jwt.encode({"alg": "HS256"}, claims, key, algorithms=["HS256"])

    return {request_builders.find_actor_key(actor): token(actor) for actor in _list_actors(material)}


def _build_kinerja_program(command: Sequence[str], secret: str, url: str, port: int) -> ServerProgram:
    """`kinerja serve` without the jobs and without a rate limit per principal."""
    variables = {
        "KINERJA_DATABASE_URL": url,
        "KINERJA_DATA_DIR": str(BENCH_DATA / "ours"),
        "KINERJA_TOKEN_SECRET": secret,
        "KINERJA_PORT": str(port),
        "KINERJA_CONNECTIONS": str(POOL_SIZE),
        "KINERJA_LARGEST_PAGE": "1000",
        "KINERJA_NODES_PER_MINUTE": "0",
        "KINERJA_WORKER": "false",
        "KINERJA_LOG_LEVEL": "error",
    }
    return ServerProgram(command, _merge_environment(variables), ROOT, "/readyz")


def _build_postgraphile_program(url: str, port: int, login: Mapping[str, str] | None = None) -> ServerProgram:
    """PostGraphile in production mode, configured by the variables of node's database driver."""
    asked = urlsplit(url)
    way = parse_qs(asked.query)
    variables = {
        "PGHOST": way["host"][0],
        "PGPORT": way["port"][0],
        "PGUSER": asked.username or "",
        "PGDATABASE": asked.path.lstrip("/"),
        "PORT": str(port),
        "CONNECTIONS": str(POOL_SIZE),
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        **(login or {}),
    }
    return ServerProgram(
        [str(node.find_node()), "postgraphile.mjs"], _merge_environment(variables), node.NPM_FOLDER, "/graphql"
    )


def _build_strawberry_program(url: str, port: int) -> ServerProgram:
    return _build_python_program("bench.contenders.servers.plain", url, port)


def _build_limit_program(url: str, port: int) -> ServerProgram:
    return _build_python_program("bench.contenders.servers.limit", url, port)


def _build_python_program(module: str, url: str, port: int) -> ServerProgram:
    variables = {"DATABASE_URL": url, "PORT": str(port), "CONNECTIONS": str(POOL_SIZE)}
    return ServerProgram(processes.build_python_command(module), _merge_environment(variables), ROOT, "/healthz")


def _merge_environment(variables: Mapping[str, str]) -> Mapping[str, str]:
    """Our variables beside the environment's.

    None of the latter for Kinerja or PostgreSQL is passed on.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith(("KINERJA_", "PG"))}
    return {**others, **variables}
