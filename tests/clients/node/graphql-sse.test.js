/** graphql-sse: the same over server-sent events. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test, { after } from "node:test";
import { createClient } from "graphql-sse";

import * as plain from "./plain.js";

const open = [];

function connect(role) {
  const client = createClient({ url: plain.url, headers: plain.signedIn(role), retryAttempts: 0 });
  open.push(client);
  return client;
}

after(() => open.forEach((client) => client.dispose()));

const once = (client, query, variables = {}) =>
  new Promise((resolve, reject) => {
    let answer;
    client.subscribe(
      { query, variables },
      { next: (value) => (answer = value), error: reject, complete: () => resolve(answer) },
    );
  });

test("a query with variables", async () => {
  const { data } = await once(connect(), plain.POSITIONS, { first: 3 });
  assert.deepEqual(data, await plain.ask(null, plain.POSITIONS, { first: 3 }));
});

test("a connection walked to its end", async () => {
  const client = connect();
  const page = async (from) => (await once(client, plain.POSITIONS, { first: 70, after: from })).data.positions;
  await plain.assertWalked(await plain.walk(page));
});

test("a mutation, its refusal typed", async () => {
  const client = connect("supervisor");
  const input = { ...(await plain.recordable()), clientMutationKey: randomUUID(), evidence: "no" };
  const { data } = await once(client, plain.RECORD, { input });
  assert.equal(data.recordEvaluation.__typename, "InvalidInput");
  assert.deepEqual(data.recordEvaluation.path, ["evidence"]);
});

test("job progress, caused meanwhile", async () => {
  const events = [];
  const failed = [];
  const stop = connect("admin").subscribe(
    { query: plain.JOB_PROGRESSED },
    { next: ({ data }) => events.push(data), error: (error) => failed.push(error), complete: () => {} },
  );
  await plain.causeProgress(events, failed);
  stop();
});

test("a forged token is turned away", async () => {
  const client = createClient({ url: plain.url, headers: { authorization: "Bearer forged" }, retryAttempts: 0 });
  await assert.rejects(once(client, plain.JOB_PROGRESSED));
});
