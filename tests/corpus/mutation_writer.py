"""Mutations: inputs that succeed, that are refused, and that come again, in every mixture."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from domain.actor import Role
from domain.business_date.quarters import last_finished_quarter
from resolvers.graph import model, scalars
from tests.corpus.argument_values import ArgumentValues, Mood
from tests.corpus.comparison_worlds import ComparisonWorld
from tests.corpus.document_draft import DocumentCase
from tests.corpus.document_writer import DocumentWriter

MutationInputs = Mapping[str, Sequence[Mapping[str, Any]]]
"""Inputs that some actor may send with success, by field of Mutation."""

MOST_FIELDS = 4
CONTROLS = "a\x01\x02[]\x03\x7f\u2028\n"
"""Text with the marks that the planner puts around what Python computes."""
REASON = 'Pendampingan bagi pegawai yang "memerlukan" dukungan \\ 🙂'
PLANS_WITHOUT_EVALUATION = """SELECT p.id FROM plan p JOIN person w ON w.id = p.person_id
  WHERE p.active AND w.left_on IS NULL AND w.appraiser_id = $1::bigint
  AND p.starts_on <= $2::date AND p.ends_on >= $2::date
  AND NOT EXISTS (SELECT FROM evaluation e WHERE e.plan_id = p.id AND e.current AND e.starts_on = $2::date)
  ORDER BY p.id LIMIT 4"""
"""Plans of somebody's line that lack the evaluation of a quarter."""
OPEN_SESSIONS = """SELECT id FROM session WHERE status = 'OPEN' AND starts_on > $1::date AND seats - taken > 2
  ORDER BY id LIMIT 4"""


async def find_valid_inputs(world: ComparisonWorld) -> MutationInputs:
    """What may be done in a world, looked up in its rows."""
    if world.name == "miniature":
        return {
            "recordEvaluation": [
                {"person": "pe5", "score": "97.50", "kind": "TAHUNAN", "note": CONTROLS},
                {"person": "pe7", "score": 120},
                {"person": "pe6", "score": "0"},
                {"person": "pe6", "score": "1"},
                {"person": "pe6", "score": "2"},
                {"person": "pe6", "score": "3", "marks": [{"text": "aa", "onDay": "2026-01-01"}], "readers": ["pe1"]},
            ]
        }
    today = world.named_values["today"]
    first, last = last_finished_quarter(today)
    appraiser = next(each.person_id for each in world.actors if each is not None and each.role is Role.SUPERVISOR)
    plans = [row[0] for row in await world.fetch_world_rows(PLANS_WITHOUT_EVALUATION, [appraiser, first])]
    sessions = [row[0] for row in await world.fetch_world_rows(OPEN_SESSIONS, [today])]
    assert plans
    assert sessions
    evidence = {"evidence": "laporan", "evidenceSource": "e-Kinerja", "note": CONTROLS + REASON}
    indices = [("60.00", "110"), ("100", "100"), ("0", "0.01"), ("120", "120.00")]
    return {
        "recordEvaluation": [
            {
                "plan": f"pl{plan}",
                "period": scalars.format_period(first, last),
                "resultsIndex": results,
                "behaviourIndex": behaviour,
                **evidence,
            }
            for plan in plans
            for results, behaviour in indices
        ],
        "assignTraining": [
            {"session": f"se{session}", "seats": seats, "reason": REASON} for session in sessions for seats in (1, 3)
        ],
        "requestJob": [{"kind": "SCORE_RISK"}, {"kind": "TRAIN_MODEL"}],
    }


@dataclass(frozen=True, slots=True)
class MutationWriter:
    """Writes mutations of a world."""

    graph: model.Graph
    writer: DocumentWriter
    values: ArgumentValues
    valid_inputs: MutationInputs
    draw: Random

    def write_mutation_cases(self, count: int) -> Iterator[DocumentCase]:
        """So many mutations: one to four fields each; keys and inputs come again within them."""
        assert self.graph.mutation is not None
        names = list(self.graph.mutation.fields)
        for place in range(count):
            fields = [(names[place % len(names)], "i0")]
            for more in range(1, self.draw.choice([1, 1, 1, 2, 3, MOST_FIELDS])):
                again = self.draw.random() < 0.4
                fields.append(self.draw.choice(fields) if again else (self.draw.choice(names), f"i{more}"))
            runs = [self._choose_variables(fields, mood) for mood in (Mood.GOOD, Mood.GOOD, Mood.EDGE, Mood.BAD)]
            yield self.writer.write_mutation(fields, runs)

    def _choose_variables(self, fields: Sequence[tuple[str, str]], mood: Mood) -> Mapping[str, Any]:
        given: dict[str, Any] = {}
        for name, variable in dict.fromkeys(fields):
            key = "key" if self.draw.random() < 0.2 else f"key {variable}"
            given[variable] = {"clientMutationKey": key, **self._choose_input(name, mood)}
        return given

    def _choose_input(self, name: str, mood: Mood) -> Mapping[str, Any]:
        assert self.graph.mutation is not None
        source = self.graph.mutation.fields[name].source
        assert isinstance(source, model.CommandSource)
        known = self.valid_inputs.get(name, ())
        whole = dict(self.draw.choice(known)) if known else {}
        if mood is Mood.GOOD and known:
            return whole
        strange = self.values.choose_request(source.request_input, self.draw, mood)
        if not known or self.draw.random() < 0.2:
            return strange
        # One field is strange at a time, so that not the first check alone refuses.
        chosen = self.draw.choice(list(strange))
        return {**whole, chosen: strange[chosen]}
