"use strict";

const at = (id) => document.getElementById(id);

const EXAMPLES = [
  {
    name: "Positions and who is missing",
    query: `query Positions($first: Int!) {
  positions(first: $first) {
    totalCount
    nodes {
      title
      jobClass
      need
      holders
      gap
      unit { name }
    }
  }
}`,
    variables: { "first": 20 },
  },
  {
    name: "Me: plan and evaluations",
    query: `query Me {
  me {
    name
    position { title }
    plan {
      year
      status
      results {
        title
        indicators { name target measure }
      }
    }
    evaluations(last: 4) { period score predikat }
    risk { band reasons(first: 3) { sentence(language: ID) } }
  }
}`,
  },
  {
    name: "People by name",
    query: `query People($name: String!, $first: Int!) {
  people(first: $first, where: { name: $name }) {
    totalCount
    nodes {
      id
      name
      position { title }
      unit { name }
      lastEvaluation { period score predikat }
    }
  }
}`,
    variables: { "name": "sri", "first": 20 },
  },
  {
    name: "Risk list with reasons",
    query: `query RiskList($first: Int!) {
  riskRun { period scored abstained }
  riskList(first: $first) {
    totalCount
    nodes {
      rank
      probability
      low
      high
      band
      person { id name unit { name } }
      reasons(first: 3) { sentence(language: ID) help changeable }
    }
  }
}`,
    variables: { "first": 10 },
  },
  {
    name: "What each programme changed",
    query: `query Effects {
  programmes(first: 20) {
    nodes {
      name
      effect {
        verdict
        treated
        controls
        effect
        effectLow
        effectHigh
        beforeAfter
        placebo
        placeboLow
        placeboHigh
      }
    }
  }
}`,
  },
  {
    name: "Open sessions",
    query: `query Sessions($first: Int!) {
  sessions(first: $first, where: { status: OPEN }, orderBy: NEXT) {
    nodes { id startsOn place seats taken programme { name } }
  }
}`,
    variables: { "first": 20 },
  },
  {
    name: "Assign training",
    query: `mutation Assign($input: AssignTrainingInput!) {
  assignTraining(input: $input) {
    __typename
    ... on AssignmentBatch {
      id
      seed
      eligible
      seated
      assignments(first: 20) { nodes { status draw person { name } } }
    }
    ... on Refusal { code message path }
  }
}`,
    variables: {
      "input": {
        "clientMutationKey": "explorer-1",
        "session": "the id of an open session",
        "seats": 5,
        "reason": "Pendampingan bagi pegawai yang memerlukan dukungan."
      }
    },
  },
];

function show(example) {
  at("query").value = example.query;
  at("variables").value = JSON.stringify(example.variables || {}, null, 2);
}

async function run() {
  at("run").disabled = true;
  at("status").textContent = "…";
  const begun = performance.now();
  try {
    const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
    const token = at("token").value.trim();
    if (token) headers.authorization = `Bearer ${token}`;
    const variables = JSON.parse(at("variables").value.trim() || "{}");
    const response = await fetch("/graphql", {
      method: "POST",
      headers,
      body: JSON.stringify({ query: at("query").value, variables }),
    });
    at("result").textContent = JSON.stringify(await response.json(), null, 2);
    const statements = response.headers.get("x-db-queries");
    const spent = Math.round(performance.now() - begun);
    at("status").textContent = `${response.status} · ${spent} ms` + (statements === null ? "" : ` · ${statements} SQL`);
  } catch (error) {
    at("result").textContent = String(error);
    at("status").textContent = "not sent";
  } finally {
    at("run").disabled = false;
  }
}

for (const [index, example] of EXAMPLES.entries()) {
  at("examples").append(new Option(example.name, index));
}
at("examples").addEventListener("change", (event) => show(EXAMPLES[event.target.value]));
at("run").addEventListener("click", run);
at("token").value = sessionStorage.getItem("token") || "";
at("token").addEventListener("input", (event) => sessionStorage.setItem("token", event.target.value));
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});
show(EXAMPLES[0]);
run(); // the first example is for everybody, so that the page opens with an answer
