"""Turns: each server in its turn, there and back again, so that what drifts meanwhile falls on all alike."""

import asyncio
import statistics
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

import httpx2

from bench import asking, load, material, processes
from bench.asking import Request
from bench.contenders import OURS, Contender
from bench.material import Material
from bench.processes import Running, Spent
from bench.province import Say
from bench.questions import MUTATION, Kind, Question
from bench.role_questions import COMMAND, HOT_COMMAND
from kinerja.embedded import Cluster

CONNECTIONS: Final = (1, 16, 64)
"""How many clients ask at once; each contender says at which of them it is asked."""

COMMANDS: Final = frozenset(question.name for question in (MUTATION, COMMAND, HOT_COMMAND))

_WARM_CONNECTIONS: Final = 16
_MOST: Final = 60_000  # requests of a turn
_COMPARED: Final = 8  # variants of a question whose answers are compared


@dataclass(frozen=True, slots=True)
class Length:
    """How long it all takes: rounds there or back, and seconds of a turn and of warming up."""

    rounds: int
    seconds: float
    warm: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: what was reached, and processor time per request in milliseconds."""

    rate: float
    p50: float
    p99: float
    server_ms: float
    database_ms: float


@dataclass(frozen=True, slots=True)
class Place:
    """What a turn is a turn of."""

    contender: str
    question: str
    connections: int


@dataclass(slots=True)
class Found:
    """All turns, memory in MB at the end, and statements per document of ours."""

    turns: dict[Place, list[Turn]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)

    def median(self, place: Place) -> Turn | None:
        """The medians of a place's turns, each figure by itself; None where there were none."""
        turns = self.turns.get(place)
        if not turns:
            return None
        return Turn(
            *(
                statistics.median(getattr(turn, name) for turn in turns)
                for name in ("rate", "p50", "p99", "server_ms", "database_ms")
            )
        )


class Match:
    """All contenders, running over one database."""

    def __init__(
        self, cluster: Cluster, known: Material, contenders: Sequence[Contender], open_: ExitStack, say: Say
    ) -> None:
        self._url = cluster.url()
        self._postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])
        self._known = known
        self._contenders = contenders
        self._say = say
        self._rates: dict[Place, float] = {}
        self.running: Mapping[str, Running] = {each.name: self._start(each, open_) for each in contenders}

    def _start(self, contender: Contender, open_: ExitStack) -> Running:
        port = processes.free_port()
        return open_.enter_context(processes.running(contender.name, contender.program(self._url, port), port))

    def check(self, questions: Iterable[Question]) -> dict[str, int]:
        """See that all give the same data; the SQL statements that ours ran for each question.

        Raises:
            NotTheSame: they do not.
        """
        statements = {}
        for question in questions:
            asked = {each.name: self._requests(each, question, 1)[:_COMPARED] for each in self._contenders}
            for place in range(len(asked[OURS])):
                same = {name: requests[place] for name, requests in asked.items() if requests}
                statements[question.name] = self._compare(question, same)
        return statements

    def _compare(self, question: Question, asked: Mapping[str, Request]) -> int:
        """See that one request of a question is answered alike; the SQL statements that ours ran for it."""
        answers: dict[str, bytes] = {}
        statements = 0
        for name, request in asked.items():
            answers[name], ran = ask(self.running[name], request)
            if name == OURS:
                statements = ran
            if question.kind is Kind.MUTATION:
                self._put_back()
        for name, answer in answers.items():
            asking.same(f"{question.name} ({OURS} and {name})", question.kind, answers[OURS], answer)
        return statements

    def play(self, questions: Iterable[Question], length: Length, found: Found) -> None:
        """Warm up, then all turns of all questions."""
        for question in questions:
            for contender in self._contenders:
                self._warm(contender, question, length)
            for connections in CONNECTIONS:
                asked = [each for each in self._contenders if connections in each.connections(question)]
                for number in range(length.rounds):
                    for contender in asked if number % 2 == 0 else reversed(asked):
                        self._turn(contender, question, connections, length, found)
                self._tell(found, question, connections)
        found.memory = {name: running.memory() for name, running in self.running.items()}

    def _warm(self, contender: Contender, question: Question, length: Length) -> None:
        """Let it compile what it will, and learn how fast it is, which tells how much to ask of it in a turn."""
        place = Place(contender.name, question.name, _WARM_CONNECTIONS)
        if not self._requests(contender, question, 1):
            return
        amount = 3 * _WARM_CONNECTIONS
        for _ in range(2):
            told = self._load(place, self._requests(contender, question, amount), amount)
            amount = max(int(told.rate * length.warm), amount)
            for connections in CONNECTIONS:
                self._rates[Place(contender.name, question.name, connections)] = told.rate
            if question.kind is Kind.MUTATION:
                self._put_back()

    def _turn(self, contender: Contender, question: Question, connections: int, length: Length, found: Found) -> None:
        place = Place(contender.name, question.name, connections)
        if place not in self._rates:
            return
        amount = min(max(int(self._rates[place] * length.seconds), connections), _MOST)
        asked = self._requests(contender, question, amount)
        spent = Spent(self.running[contender.name].process, self._postmaster)
        before = spent.seconds()
        told = self._load(place, asked, amount)
        after = spent.seconds()
        self._rates[place] = told.rate
        server, database = (1000 * (end - begin) / told.requests for begin, end in zip(before, after, strict=True))
        found.turns.setdefault(place, []).append(Turn(told.rate, told.p50, told.p99, server, database))
        if question.kind is Kind.MUTATION:
            made = self._put_back()
            if made != told.requests:
                raise load.LoadFailed(f"{contender.name}: {told.requests} answers, but {made} evaluations recorded")

    def _tell(self, found: Found, question: Question, connections: int) -> None:
        """Say how fast each was."""
        medians = {each.name: found.median(Place(each.name, question.name, connections)) for each in self._contenders}
        told = ", ".join(f"{name} {turn.rate:,.0f}" for name, turn in medians.items() if turn)
        if not told:
            return
        self._say(f"bench: {question.name}, clients {connections}, requests/s: {told}")

    def _load(self, place: Place, asked: Sequence[Request], amount: int) -> load.Load:
        mutation = place.question in COMMANDS
        return load.put(
            f"{place.contender}, {place.question}",
            self.running[place.contender].address,
            asked,
            place.connections,
            min(amount, len(asked)) if mutation else amount,
            expect='"predikat"' if mutation else '"data":',
        )

    def _requests(self, contender: Contender, question: Question, count: int) -> Sequence[Request]:
        if not contender.connections(question):
            return []
        return asking.requests(question, contender.words, self._known, count)

    def _put_back(self) -> int:
        return asyncio.run(material.put_back(self._url))


def ask(server: Running, request: Request) -> tuple[bytes, int]:
    """The answer to one request, and the SQL statements that it took where the server tells.

    Raises:
        ServerFailed: it does not answer.
    """
    plain = request.plain()
    address = server.address + request.path
    try:
        reply = httpx2.post(address, content=request.body, headers=plain["headers"], timeout=60)
    except httpx2.TransportError as error:
        raise processes.ServerFailed(f"{server.name} does not answer: {server.last_words()}") from error
    return reply.content, int(reply.headers.get("x-db-queries", 0))
