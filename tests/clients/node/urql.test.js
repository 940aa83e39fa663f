/** urql with Graphcache: normalised by ID, pages merged as Relay does, live by WebSocket and by its own SSE. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { after } from "node:test";
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { buildSchema, introspectionFromSchema } from "graphql";
import { createClient } from "graphql-ws";
import { pipe, subscribe } from "wonka";

import * as plain from "./plain.js";

const schema = introspectionFromSchema(buildSchema(readFileSync(plain.schemaPath, "utf8")));
const sockets = [];

after(() => Promise.all(sockets.map((socket) => socket.dispose())));

// What has no ID is kept where it is seen.
const values = Object.fromEntries(
  schema.__schema.types
    .filter(
      ({ kind, name, fields }) =>
        kind === "OBJECT" && !name.startsWith("__") && !fields.some((field) => field.name === "id"),
    )
    .map(({ name }) => [name, () => null]),
);

function connect(role, more = {}, exchanges = []) {
  const cache = cacheExchange({
    schema,
    keys: values,
    resolvers: { Query: { positions: relayPagination() } },
    updates: {
      Mutation: {
        recordEvaluation: (result, _, store) => {
          if (result.recordEvaluation.__typename === "Evaluation") store.invalidate("Query", "me");
        },
      },
    },
  });
  return new Client({
    url: plain.url,
    preferGetMethod: false,
    fetchOptions: () => ({ headers: plain.signedIn(role) }),
    exchanges: [cache, ...exchanges, fetchExchange],
    ...more,
  });
}

const positive = ({ data, error }) => {
  assert.equal(error, undefined, error?.message);
  return data;
};

test("a query with variables, by POST and by GET", async () => {
  const expected = await plain.ask(null, plain.POSITIONS, { first: 3 });
  for (const preferGetMethod of [false, "within-url-limit", "force"]) {
    const data = positive(await connect(null, { preferGetMethod }).query(plain.POSITIONS, { first: 3 }));
    assert.deepEqual(
      data.positions.edges.map(({ node }) => node.id),
      expected.positions.edges.map(({ node }) => node.id),
    );
    assert.equal(data.positions.totalCount, expected.positions.totalCount);
  }
});

test("pages walked to the end, merged in the cache", async () => {
  const client = connect();
  let shown;
  const walked = await plain.walk(async (from) => {
    const variables = from ? { first: 70, after: from } : { first: 70 };
    shown = positive(await client.query(plain.POSITIONS, variables)).positions;
    const own = positive(await client.query(plain.POSITIONS, variables, { requestPolicy: "cache-only" })).positions;
    assert.deepEqual(own.pageInfo, shown.pageInfo);
    return { edges: shown.edges, pageInfo: shown.pageInfo };
  });
  assert.ok(walked.pages > 1);
  // relayPagination shows all pages so far at once.
  assert.deepEqual(
    shown.edges.map(({ node }) => node.id),
    await plain.positionIds(),
  );
});

test("the same thing in two queries is one in the cache", async () => {
  const client = connect("employee");
  const { me } = positive(await client.query("{ me { id name position { id title } } }", {}));
  const cached = await client.query("{ me { position { id title } } }", {}, { requestPolicy: "cache-only" });
  assert.deepEqual(positive(cached).me.position.title, me.position.title);
  const node = await client.query("query ($id: ID!) { node(id: $id) { id ... on Position { title jobClass } } }", {
    id: me.position.id,
  });
  assert.equal(positive(node).node.title, me.position.title);
  const more = await client.query("{ me { position { id title jobClass } } }", {}, { requestPolicy: "cache-only" });
  assert.equal(positive(more).me.position.jobClass, positive(node).node.jobClass);
});

test("a mutation, its refusal typed", async () => {
  const client = connect("supervisor");
  const input = await plain.recordable();
  const { recordEvaluation } = positive(await client.mutation(plain.RECORD, { input }));
  assert.equal(recordEvaluation.__typename, "Evaluation", JSON.stringify(recordEvaluation));
  const refused = positive(
    await client.mutation(plain.RECORD, { input: { ...input, plan: "pl999999999", clientMutationKey: "none" } }),
  );
  assert.equal(refused.recordEvaluation.__typename, "NotFound");
});

test("errors reach the client with their code", async () => {
  const { error, data } = await connect().query("{ positions(first: 101) { totalCount } }", {});
  assert.ok(!data, JSON.stringify(data));
  assert.equal(error.graphQLErrors[0].extensions.code, "INVALID_INPUT");
});

async function progress(client) {
  const events = [];
  const failed = [];
  const { unsubscribe } = pipe(
    client.subscription(plain.JOB_PROGRESSED, {}),
    subscribe(({ data, error }) => (error ? failed.push(error) : events.push(data))),
  );
  await plain.causeProgress(events, failed);
  unsubscribe();
}

test("job progress over WebSocket", async () => {
  const socket = createClient({ url: plain.socketUrl, connectionParams: plain.signedIn("admin"), retryAttempts: 0 });
  sockets.push(socket);
  const exchange = subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query: query ?? "", variables }, sink) }),
    }),
  });
  await progress(connect("admin", {}, [exchange]));
});

test("job progress over server-sent events, by fetch", async () => {
  await progress(connect("admin", { fetchSubscriptions: true }));
});
