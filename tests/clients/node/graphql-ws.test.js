/** graphql-ws: queries, mutations and subscriptions over one WebSocket. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test, { after } from "node:test";
import { createClient } from "graphql-ws";

import * as plain from "./plain.js";

const open = [];

function connect(role, more = {}) {
  const client = createClient({
    url: plain.socketUrl,
    connectionParams: plain.signedIn(role),
    retryAttempts: 0,
    ...more,
  });
  open.push(client);
  return client;
}

after(() => Promise.all(open.map((client) => client.dispose())));

/** The one answer of an operation. */
const once = (client, query, variables = {}) =>
  new Promise((resolve, reject) => {
    let answer;
    client.subscribe(
      { query, variables },
      { next: (value) => (answer = value), error: reject, complete: () => resolve(answer) },
    );
  });

/** Causes events until one is heard; what was done for it. */
async function cause(heard, act) {
  const causes = await plain.causeUntil(() => heard.events.length + heard.failed.length > 0, act);
  assert.deepEqual(heard.failed, []);
  return causes;
}

/** Listens; `events` and `failed` fill as they come. */
function listen(client, query, variables = {}) {
  const events = [];
  const failed = [];
  const stop = client.subscribe(
    { query, variables },
    { next: ({ data }) => events.push(data), error: (error) => failed.push(error), complete: () => {} },
  );
  return { events, failed, stop };
}

test("a query with variables", async () => {
  const { data, errors } = await once(connect(), plain.POSITIONS, { first: 3 });
  assert.equal(errors, undefined);
  assert.deepEqual(data, await plain.ask(null, plain.POSITIONS, { first: 3 }));
});

test("a connection walked to its end", async () => {
  const client = connect();
  const page = async (from) => (await once(client, plain.POSITIONS, { first: 70, after: from })).data.positions;
  await plain.assertWalked(await plain.walk(page));
});

test("a mutation, its refusal typed", async () => {
  const client = connect("supervisor");
  const input = await plain.recordable();
  const recorded = await once(client, plain.RECORD, { input });
  assert.equal(recorded.data.recordEvaluation.__typename, "Evaluation", JSON.stringify(recorded));
  const again = await once(client, plain.RECORD, { input: { ...input, clientMutationKey: randomUUID() } });
  assert.equal(again.data.recordEvaluation.__typename, "AlreadyEvaluated");
});

test("errors of an invalid document come as such", async () => {
  await assert.rejects(once(connect(), "{ nothing }"), (errors) => {
    assert.equal(errors[0].extensions.code, "VALIDATION_FAILED");
    return true;
  });
});

test("a forged token is turned away", async () => {
  const client = connect(null, { connectionParams: { authorization: "Bearer forged" } });
  await assert.rejects(once(client, "{ me { id } }"), ({ code }) => [4401, 4403].includes(code));
});

test("job progress, caused meanwhile", async () => {
  const heard = listen(connect("admin"), plain.JOB_PROGRESSED);
  await plain.causeProgress(heard.events, heard.failed);
  heard.stop();
});

test("an evaluation recorded in my line", async () => {
  const heard = listen(
    connect("supervisor"),
    "subscription { evaluationRecorded { cursor at evaluation { id period person { id } } } }",
  );
  const record = async () => {
    const { recordEvaluation } = await plain.ask("supervisor", plain.RECORD, { input: await plain.recordable() });
    assert.equal(recordEvaluation.__typename, "Evaluation");
    return recordEvaluation.id;
  };
  const ids = await cause(heard, record);
  assert.ok(ids.includes(heard.events[0].evaluationRecorded.evaluation.id));
  heard.stop();
});

test("an assignment, and nothing of it for who may not see it", async () => {
  const document = "subscription { assignmentChanged { cursor at assignmentBatch { id seats reason } } }";
  const heard = listen(connect("hr"), document);
  const deaf = listen(connect("employee"), document);
  const ids = await cause(heard, plain.assign);
  assert.ok(ids.includes(heard.events[0].assignmentChanged.assignmentBatch.id));
  await new Promise((done) => setTimeout(done, 300));
  assert.deepEqual([deaf.events, deaf.failed], [[], []]);
  heard.stop();
  deaf.stop();
});

test("a risk list published", async () => {
  const heard = listen(
    connect("hr"),
    "subscription { riskListPublished { cursor at scoringRun { id period scoredCount } } }",
  );
  await cause(heard, () => plain.requestJob("admin", "SCORE_RISK"));
  assert.ok(heard.events[0].riskListPublished.scoringRun.scoredCount > 0);
  heard.stop();
});

test("who comes back with his last cursor misses nothing", async () => {
  const document = "subscription ($after: String) { jobProgressed(after: $after) { cursor job { id status } } }";
  const first = listen(connect("admin"), document);
  await cause(first, () => plain.requestJob());
  first.stop();
  const cursor = first.events[0].jobProgressed.cursor;
  const id = await plain.requestJob();
  const second = listen(connect("admin"), document, { after: cursor });
  const saw = () => second.events.some(({ jobProgressed }) => jobProgressed.job.id === id);
  await plain.until(saw);
  assert.ok(
    second.events.every(({ jobProgressed }) => jobProgressed.cursor !== cursor),
    "an event came twice",
  );
  second.stop();
});
