/** Apollo Client: normalised cache, Relay-style pages, persisted queries, live by WebSocket. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test, { after } from "node:test";
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { buildSchema, isAbstractType, OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";

import * as plain from "./plain.js";

const schema = buildSchema(readFileSync(plain.schemaPath, "utf8"));
const sockets = [];

after(() => Promise.all(sockets.map((socket) => socket.dispose())));

const possibleTypes = Object.fromEntries(
  Object.values(schema.getTypeMap())
    .filter(isAbstractType)
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
);

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

function connect(role, { persisted = false, fetch: fetcher = fetch } = {}) {
  const http = new HttpLink({ uri: plain.url, headers: plain.signedIn(role), fetch: fetcher });
  const asking = persisted
    ? ApolloLink.from([new PersistedQueryLink({ sha256, useGETForHashedQueries: true }), http])
    : http;
  const socket = createClient({ url: plain.socketUrl, connectionParams: plain.signedIn(role), retryAttempts: 0 });
  sockets.push(socket);
  return new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      asking,
    ),
    cache: new InMemoryCache({
      possibleTypes,
      typePolicies: { Query: { fields: { positions: relayStylePagination() } } },
    }),
  });
}

const POSITIONS = gql(plain.POSITIONS);

test("a query with variables", async () => {
  const { data } = await connect().query({ query: POSITIONS, variables: { first: 3 } });
  const expected = await plain.ask(null, plain.POSITIONS, { first: 3 });
  assert.deepEqual(
    data.positions.edges.map(({ node }) => node.id),
    expected.positions.edges.map(({ node }) => node.id),
  );
  assert.equal(data.positions.totalCount, expected.positions.totalCount);
});

test("pages fetched to the end, merged in the cache", async () => {
  const client = connect();
  let { data } = await client.query({ query: POSITIONS, variables: { first: 70 } });
  const watched = client.watchQuery({ query: POSITIONS, variables: { first: 70 } });
  const subscription = watched.subscribe(() => {});
  let pages = 1;
  while (data.positions.pageInfo.hasNextPage) {
    await watched.fetchMore({ variables: { first: 70, after: data.positions.pageInfo.endCursor } });
    data = client.readQuery({ query: POSITIONS, variables: { first: 70 } });
    pages += 1;
  }
  subscription.unsubscribe();
  await plain.assertWalked({ ids: data.positions.edges.map(({ node }) => node.id), pages });
});

test("the same thing in two queries is one in the cache", async () => {
  const client = connect("employee");
  const { data } = await client.query({ query: gql`{ me { id name position { id title } } }` });
  const { id } = data.me.position;
  await client.query({
    query: gql`query ($id: ID!) { node(id: $id) { id ... on Position { jobClass } } }`,
    variables: { id },
  });
  const both = client.readFragment({
    id: `Position:${id}`,
    fragment: gql`fragment Both on Position { title jobClass }`,
  });
  assert.equal(both.title, data.me.position.title);
  assert.equal(typeof both.jobClass, "number");
});

test("a fragment on an interface matches its types", async () => {
  const { data } = await connect("employee").query({
    query: gql`{ me { __typename ... on Node { id } ... on Person { name } } }`,
  });
  assert.ok(data.me.id && data.me.name);
});

test("a mutation, its refusal typed, the cache brought up to date", async () => {
  const client = connect("supervisor");
  const mutation = gql(plain.RECORD);
  const input = await plain.recordable();
  const { data } = await client.mutate({ mutation, variables: { input } });
  assert.equal(data.recordEvaluation.__typename, "Evaluation", JSON.stringify(data));
  const kept = client.readFragment({
    id: `Evaluation:${data.recordEvaluation.id}`,
    fragment: gql`fragment Kept on Evaluation { score }`,
  });
  assert.equal(kept.score, data.recordEvaluation.score);
  const refused = await client.mutate({ mutation, variables: { input: { ...input, resultsIndex: "98.00" } } });
  assert.equal(refused.data.recordEvaluation.__typename, "KeyReused");
});

test("errors reach the client with their code", async () => {
  await assert.rejects(connect().query({ query: gql`{ positions(first: 101) { totalCount } }` }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error), String(error));
    assert.equal(error.errors[0].extensions.code, "INVALID_INPUT");
    return true;
  });
});

test("persisted queries: sent by hash, then with the text, then by hash again", async () => {
  const sent = [];
  const watching = async (address, options) => {
    sent.push({
      method: options.method,
      withText: /[?&]query=/.test(address) || /"query":/.test(options.body ?? ""),
    });
    return fetch(address, options);
  };
  // A name that nobody has sent before, so that the server cannot know the text.
  const query = gql(plain.POSITIONS.replace("query Positions", `query Unseen${Date.now()}`));
  for (const known of [false, true]) {
    sent.length = 0;
    const { data } = await connect(null, { persisted: true, fetch: watching }).query({
      query,
      variables: { first: 2 },
    });
    assert.equal(data.positions.edges.length, 2);
    assert.deepEqual(
      sent.map(({ withText }) => withText),
      known ? [false] : [false, true],
    );
  }
});

test("job progress, caused meanwhile", async () => {
  const events = [];
  const failed = [];
  const subscription = connect("admin")
    .subscribe({ query: gql(plain.JOB_PROGRESSED) })
    .subscribe({ next: ({ data }) => events.push(data), error: (error) => failed.push(error) });
  await plain.causeProgress(events, failed);
  subscription.unsubscribe();
});
