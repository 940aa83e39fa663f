"""GraphQL documents of the walkthrough, as sent by a front-end, HR and a supervisor."""

from typing import Final

POSITIONS: Final = """
query Positions($first: Int!) {
  positions(first: $first) {
    totalCount
    edges { node { title jobClass need holders unit { name } } }
  }
}
"""

ME: Final = """
query Me {
  me {
    id name position { title }
    plan { year status results { title indicators { name target measure } } }
    evaluations(last: 4) { period score predikat }
    risk { band reasons(first: 1) { sentence(language: ID) } }
  }
}
"""

TEAM: Final = """
query Team {
  me {
    id name
    team(first: 50) {
      edges {
        node {
          name position { title }
          plans(first: 3) { id year active }
          evaluations(last: 4) { period score }
        }
      }
    }
  }
}
"""

RECORD: Final = """
mutation Record($input: RecordEvaluationInput!) {
  recordEvaluation(input: $input) {
    __typename
    ... on Evaluation { id score predikat rule }
    ... on Refusal { code message path }
  }
}
"""

RISK_LIST: Final = """
query RiskList($first: Int!, $language: Language!) {
  publishedScoringRun { period scoredCount abstainedCount }
  championModel { metrics { name value valueLow valueHigh } }
  riskList(first: $first) {
    totalCount
    edges {
      node {
        rank probability probabilityLow probabilityHigh logit band
        person { id name unit { name } position { title } }
        reasons(first: 20) { code sentence(language: $language) term help changeable }
      }
    }
  }
}
"""

SESSIONS: Final = """
query Sessions($today: Date!) {
  sessions(first: 20, where: { status: OPEN, startsFrom: $today }, orderBy: NEXT) {
    edges { node { id startsOn place capacity seatsTaken programme { id name } } }
  }
}
"""

PREVIEW: Final = """
query Preview($session: ID!, $seats: Int!) {
  previewAssignment(session: $session, seats: $seats) {
    seats eligibleCount seatedCount waitingCount strataCount hinderedCount alreadyTrainedCount
    scheduleConflictCount cost
    candidates { rank band eligible person { name } }
  }
}
"""

ASSIGN: Final = """
mutation Assign($input: AssignTrainingInput!) {
  assignTraining(input: $input) {
    __typename
    ... on AssignmentBatch {
      id seed eligibleCount seatedCount source decidedBy { name }
      assignments(first: 5) { edges { node { status draw person { name } } } }
    }
    ... on Refusal { code message path }
  }
}
"""

BATCH: Final = """
query Batch($id: ID!) {
  node(id: $id) {
    ... on AssignmentBatch {
      assignments(first: 100) { edges { node { status person { id name } } } }
    }
  }
}
"""

NEXT_QUARTER: Final = """
mutation AdvanceQuarter($key: String!) {
  requestJob(input: { clientMutationKey: $key, kind: ADVANCE_QUARTER }) {
    __typename
    ... on Job { id status }
    ... on Refusal { code message }
  }
}
"""

JOB: Final = """
query Job($id: ID!) {
  job(by: { id: $id }) { id kind status step error }
}
"""

JOBS: Final = """
query Jobs {
  jobs(first: 5) { edges { node { id kind status } } }
}
"""

EFFECT: Final = """
query Effect($id: ID!) {
  programme(by: {id: $id}) {
    name
    effectStudy {
      verdict treatedCount controlCount
      effect effectLow effectHigh
      beforeAfter meanBefore meanAfter expectedAfter
      placebo placeboLow placeboHigh
      quarters { quartersSinceTraining treatedCount controlCount effect effectLow effectHigh }
    }
  }
}
"""

SERIES: Final = """
query Series($id: ID!) {
  person(by: {id: $id}) {
    name
    evaluations(last: 6) { period score predikat }
    trainingRecords(first: 3) { completedOn jp certificate programme { name } }
  }
}
"""
