"""Rounds of the benchmark: each server in its turn, there and back again.

Any drift meanwhile falls on all alike.
"""

import asyncio
import statistics
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

import httpx2

from bench.contenders import load_generator, processes
from bench.contenders.contender import OURS, Contender
from bench.contenders.processes import ProcessorTime, ServerProcess
from bench.province_database import LineReporter
from bench.workload import material, request_builders
from bench.workload.material import WorkloadMaterial
from bench.workload.questions import MUTATION, Question, QuestionKind
from bench.workload.request_builders import BenchRequest
from bench.workload.role_questions import COMMAND, HOT_COMMAND
from kinerja.postgres.embedded import Cluster

CLIENT_COUNTS: Final = (1, 16, 64)
"""Numbers of clients at once; each contender selects its own of them."""

COMMAND_NAMES: Final = frozenset(question.name for question in (MUTATION, COMMAND, HOT_COMMAND))

_WARM_CONNECTIONS: Final = 16
_MOST_REQUESTS: Final = 60_000  # requests of a turn
_COMPARED_VARIANTS: Final = 8  # variants of a question whose answers are compared


@dataclass(frozen=True, slots=True)
class RoundLength:
    """Length of a measurement: rounds there or back, seconds of turn and warm-up."""

    rounds: int
    seconds: float
    warm_seconds: float


@dataclass(frozen=True, slots=True)
class Turn:
    """Result of one turn, with processor time per request in milliseconds."""

    rate: float
    p50: float
    p99: float
    server_ms: float
    database_ms: float


@dataclass(frozen=True, slots=True)
class TurnKey:
    """Key of a turn: contender, question and connections."""

    contender: str
    question: str
    connections: int


@dataclass(slots=True)
class Measurements:
    """All turns, memory in MB at the end, and statements per document of ours."""

    turns: dict[TurnKey, list[Turn]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)

    def median_turn(self, place: TurnKey) -> Turn | None:
        """Medians of a key's turns, each figure by itself; None without turns."""
        turns = self.turns.get(place)
        if not turns:
            return None
        return Turn(
            *(
                statistics.median(getattr(turn, name) for turn in turns)
                for name in ("rate", "p50", "p99", "server_ms", "database_ms")
            )
        )


class Comparison:
    """All contenders, running over one database."""

    def __init__(
        self,
        cluster: Cluster,
        workload: WorkloadMaterial,
        contenders: Sequence[Contender],
        open_: ExitStack,
        say: LineReporter,
    ) -> None:
        self._url = cluster.database_url()
        self._postmaster = int((cluster.data_directory / "postmaster.pid").read_text().split()[0])
        self._workload = workload
        self._contenders = contenders
        self._say = say
        self._rates: dict[TurnKey, float] = {}
        self.servers: Mapping[str, ServerProcess] = {
            each.name: self._start_server(each, open_) for each in contenders
        }

    def _start_server(self, contender: Contender, open_: ExitStack) -> ServerProcess:
        port = processes.find_free_port()
        return open_.enter_context(
            processes.run_server(contender.name, contender.build_program(self._url, port), port)
        )

    def check_answers(self, questions: Iterable[Question]) -> dict[str, int]:
        """Check the answers of all contenders for equal data.

        Returns the SQL statements run by ours for each question.

        Raises:
            AnswersDiffer: they differ.
        """
        statements = {}
        for question in questions:
            asked = {
                each.name: self._build_requests(each, question, 1)[:_COMPARED_VARIANTS] for each in self._contenders
            }
            for place in range(len(asked[OURS])):
                same = {name: requests[place] for name, requests in asked.items() if requests}
                statements[question.name] = self._compare_request(question, same)
        return statements

    def _compare_request(self, question: Question, requests: Mapping[str, BenchRequest]) -> int:
        """Compare the answers to one request of a question.

        Returns the SQL statements run by ours for it.
        """
        answers: dict[str, bytes] = {}
        statements = 0
        for name, request in requests.items():
            answers[name], ran = send_bench_request(self.servers[name], request)
            if name == OURS:
                statements = ran
            if question.kind is QuestionKind.MUTATION:
                self._delete_recorded_rows()
        for name, answer in answers.items():
            request_builders.require_equal_answers(
                f"{question.name} ({OURS} and {name})", question.kind, answers[OURS], answer
            )
        return statements

    def measure_questions(
        self, questions: Iterable[Question], length: RoundLength, measurements: Measurements
    ) -> None:
        """Warm up, then all turns of all questions."""
        for question in questions:
            for contender in self._contenders:
                self._warm_up(contender, question, length)
            for connections in CLIENT_COUNTS:
                asked = [each for each in self._contenders if connections in each.list_client_counts(question)]
                for number in range(length.rounds):
                    for contender in asked if number % 2 == 0 else reversed(asked):
                        self._measure_turn(contender, question, connections, length, measurements)
                self._report_rates(measurements, question, connections)
        measurements.memory = {name: running.measure_memory() for name, running in self.servers.items()}

    def _warm_up(self, contender: Contender, question: Question, length: RoundLength) -> None:
        """Warm up a contender, and learn its speed.

        It compiles its plans; the speed decides the number of requests in a turn.
        """
        place = TurnKey(contender.name, question.name, _WARM_CONNECTIONS)
        if not self._build_requests(contender, question, 1):
            return
        amount = 3 * _WARM_CONNECTIONS
        for _ in range(2):
            told = self._run_load(place, self._build_requests(contender, question, amount), amount)
            amount = max(int(told.rate * length.warm_seconds), amount)
            for connections in CLIENT_COUNTS:
                self._rates[TurnKey(contender.name, question.name, connections)] = told.rate
            if question.kind is QuestionKind.MUTATION:
                self._delete_recorded_rows()

    def _measure_turn(
        self,
        contender: Contender,
        question: Question,
        connections: int,
        length: RoundLength,
        measurements: Measurements,
    ) -> None:
        place = TurnKey(contender.name, question.name, connections)
        if place not in self._rates:
            return
        amount = min(max(int(self._rates[place] * length.seconds), connections), _MOST_REQUESTS)
        asked = self._build_requests(contender, question, amount)
        spent = ProcessorTime(self.servers[contender.name].process, self._postmaster)
        before = spent.measure_cpu_seconds()
        told = self._run_load(place, asked, amount)
        after = spent.measure_cpu_seconds()
        self._rates[place] = told.rate
        server, database = (1000 * (end - begin) / told.requests for begin, end in zip(before, after, strict=True))
        measurements.turns.setdefault(place, []).append(Turn(told.rate, told.p50, told.p99, server, database))
        if question.kind is QuestionKind.MUTATION:
            made = self._delete_recorded_rows()
            if made != told.requests:
                raise load_generator.LoadFailed(
                    f"{contender.name}: {told.requests} answers, but {made} evaluations recorded"
                )

    def _report_rates(self, measurements: Measurements, question: Question, connections: int) -> None:
        """Report the rate of each contender."""
        medians = {
            each.name: measurements.median_turn(TurnKey(each.name, question.name, connections))
            for each in self._contenders
        }
        told = ", ".join(f"{name} {turn.rate:,.0f}" for name, turn in medians.items() if turn)
        if not told:
            return
        self._say(f"bench: {question.name}, clients {connections}, requests/s: {told}")

    def _run_load(self, place: TurnKey, requests: Sequence[BenchRequest], amount: int) -> load_generator.LoadResult:
        mutation = place.question in COMMAND_NAMES
        return load_generator.run_load(
            f"{place.contender}, {place.question}",
            self.servers[place.contender].address,
            requests,
            place.connections,
            min(amount, len(requests)) if mutation else amount,
            expect='"predikat"' if mutation else '"data":',
        )

    def _build_requests(self, contender: Contender, question: Question, count: int) -> Sequence[BenchRequest]:
        if not contender.list_client_counts(question):
            return []
        return request_builders.build_turn_requests(question, contender.request_builder, self._workload, count)

    def _delete_recorded_rows(self) -> int:
        return asyncio.run(material.delete_recorded_rows(self._url))


def send_bench_request(server: ServerProcess, request: BenchRequest) -> tuple[bytes, int]:
    """Send one request; returns the answer and its number of SQL statements.

    The number is present if the server reports it.

    Raises:
        BenchServerFailed: it does not answer.
    """
    plain = request.to_generator_form()
    address = server.address + request.path
    try:
        reply = httpx2.post(address, content=request.body, headers=plain["headers"], timeout=60)
    except httpx2.TransportError as error:
        raise processes.BenchServerFailed(f"{server.name} does not answer: {server.read_last_words()}") from error
    return reply.content, int(reply.headers.get("x-db-queries", 0))
