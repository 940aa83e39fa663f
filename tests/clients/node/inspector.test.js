/** GraphQL Inspector: what the server says of itself is the committed schema. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { coverage, diff } from "@graphql-inspector/core";
import { buildClientSchema, buildSchema, getIntrospectionQuery, printSchema, Source } from "graphql";

import * as plain from "./plain.js";

const committed = buildSchema(readFileSync(plain.schemaPath, "utf8"));
const options = { specifiedByUrl: true, inputValueDeprecation: true, oneOf: true, directiveIsRepeatable: true };

test("the introspected schema is the committed one", async () => {
  const introspected = buildClientSchema(await plain.ask(null, getIntrospectionQuery(options)));
  // Inspector reads directives from the text alone, and what was introspected has none.
  const changes = await diff(committed, buildSchema(printSchema(introspected)));
  assert.deepEqual(
    changes.map(({ message }) => message),
    [],
  );
});

test("a removed field would be seen", async () => {
  const text = readFileSync(plain.schemaPath, "utf8").replace(/\n {2}"""[^"]*"""\n {2}jobClass: Int!/, "");
  const changes = await diff(committed, buildSchema(text));
  const breaking = changes.filter(({ criticality }) => criticality.level === "BREAKING");
  assert.deepEqual(
    breaking.map(({ path }) => path),
    ["Position.jobClass"],
  );
});

test("the documents of these suites fit the schema", () => {
  const used = coverage(committed, [
    new Source(plain.POSITIONS),
    new Source(plain.RECORD),
    new Source(plain.REQUEST_JOB),
  ]);
  assert.ok(used.types.Position.hits > 0);
});

test("/schema.graphql is the committed file", async () => {
  const response = await fetch(plain.url.replace(/graphql$/, "schema.graphql"));
  assert.equal((await response.text()).trim(), readFileSync(plain.schemaPath, "utf8").trim());
});
