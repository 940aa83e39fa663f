"use strict";

const at = (id) => document.getElementById(id);

const EXAMPLES = [
  {
    name: "What can be asked",
    query: "{\n  __schema {\n    queryType {\n      fields {\n        name\n        description\n      }\n    }\n  }\n}",
  },
  {
    name: "What can be changed",
    query: "{\n  __schema {\n    mutationType {\n      fields {\n        name\n        description\n      }\n    }\n  }\n}",
  },
  {
    name: "One type",
    query: "query Type($name: String!) {\n  __type(name: $name) {\n    description\n    fields {\n      name\n      description\n    }\n  }\n}",
    variables: { name: "Query" },
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
