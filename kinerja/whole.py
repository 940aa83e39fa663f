"""The whole API, as it is served: made once, at import."""

from domain.journal import commands as journal
from kinerja.api import Api
from resolvers.answers import Answers
from resolvers.live import Live
from schema.graph import GRAPH, SCHEMA

_ANSWERS = Answers(GRAPH, SCHEMA, journal.once)

API = Api(SCHEMA, GRAPH, _ANSWERS, Live(GRAPH, _ANSWERS))
