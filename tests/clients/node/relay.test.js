/** Relay: documents compiled, connections merged by its own handler, records by ID, a mutation, live updates. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import test, { after } from "node:test";
import { promisify } from "node:util";
import { createClient } from "graphql-ws";
import relay from "relay-runtime";

import * as plain from "./plain.js";

const sockets = [];
after(() => Promise.all(sockets.map((socket) => socket.dispose())));

const compiled = async (name) => (await import(`./relay/__generated__/${name}.graphql.js`)).default;

function connect(role) {
  const ask = async ({ text, name }, variables) => {
    const response = await fetch(plain.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...plain.signedIn(role) },
      body: JSON.stringify({ query: text, operationName: name, variables }),
    });
    return response.json();
  };
  const socket = createClient({ url: plain.socketUrl, connectionParams: plain.signedIn(role), retryAttempts: 0 });
  sockets.push(socket);
  const listen = ({ text, name }, variables) =>
    relay.Observable.create((sink) => socket.subscribe({ query: text, operationName: name, variables }, sink));
  return new relay.Environment({
    network: relay.Network.create(ask, listen),
    store: new relay.Store(new relay.RecordSource()),
  });
}

const fetched = (environment, query, variables) => relay.fetchQuery(environment, query, variables).toPromise();

test("relay-compiler takes the schema and the documents", async () => {
  const compiler = new URL("node_modules/relay-compiler/cli.js", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [compiler], { cwd: import.meta.dirname });
  assert.match(stdout, /Compilation completed/);
});

test("a query with variables", async () => {
  const query = await compiled("operationsNodeQuery");
  const [id] = await plain.positionIds();
  const { node } = await fetched(connect(), query, { id });
  assert.deepEqual(
    node.jobClass,
    (await plain.ask(null, `{ position(by: { id: "${id}" }) { jobClass } }`)).position.jobClass,
  );
});

test("a connection walked to its end by cursor, merged in the store", async () => {
  const [query, fragment] = await Promise.all(["operationsPageQuery", "operations_positions"].map(compiled));
  const environment = connect();
  const retained = [];
  let shown;
  let pages = 0;
  for (let cursor = null; pages === 0 || shown.pageInfo.hasNextPage; pages += 1) {
    const variables = { count: 70, cursor };
    const operation = relay.createOperationDescriptor(relay.getRequest(query), variables);
    retained.push(environment.retain(operation));
    await fetched(environment, query, variables);
    const reference = environment.lookup(operation.fragment).data;
    shown = environment.lookup(relay.getSelector(fragment, reference)).data.positions;
    cursor = shown.pageInfo.endCursor;
  }
  await plain.assertWalked({ ids: shown.edges.map(({ node }) => node.id), pages });
  assert.equal(shown.totalCount, shown.edges.length);
  retained.forEach((each) => each.dispose());
});

test("the same thing in two queries is one in the store", async () => {
  const environment = connect("employee");
  const [mine, node] = await Promise.all(["operationsMeQuery", "operationsNodeQuery"].map(compiled));
  const { me } = await fetched(environment, mine, {});
  const source = environment.getStore().getSource();
  const [id] = source.getRecordIDs().filter((each) => source.get(each)?.__typename === "Position");
  await fetched(environment, node, { id });
  const record = source.get(id);
  assert.equal(record.title, me.position.title);
  assert.equal(typeof record.jobClass, "number");
});

test("a mutation, its refusal typed", async () => {
  const environment = connect("supervisor");
  const mutation = await compiled("operationsRecordMutation");
  const commit = (input) =>
    new Promise((resolve, reject) => {
      relay.commitMutation(environment, {
        mutation,
        variables: { input },
        onCompleted: ({ recordEvaluation }, errors) => (errors ? reject(errors) : resolve(recordEvaluation)),
        onError: reject,
      });
    });
  const input = await plain.recordable();
  assert.equal((await commit(input)).__typename, "Evaluation");
  const refused = await commit({ ...input, clientMutationKey: randomUUID() });
  assert.equal(refused.__typename, "AlreadyEvaluated");
  assert.equal(refused.code, "ALREADY_EVALUATED");
});

test("job progress, caused meanwhile", async () => {
  const events = [];
  const failed = [];
  const subscription = await compiled("liveProgressSubscription");
  const { dispose } = relay.requestSubscription(connect("admin"), {
    subscription,
    variables: {},
    onNext: (value) => events.push(value),
    onError: (error) => failed.push(error),
  });
  await plain.causeProgress(events, failed);
  dispose();
});
