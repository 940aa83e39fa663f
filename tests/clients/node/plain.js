/** The plain answer, by fetch alone: what each client's answer is held against. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

export const url = `${process.env.KINERJA_URL}/graphql`;
export const socketUrl = url.replace(/^http/, "ws");
export const schemaPath = process.env.KINERJA_SCHEMA;
const tokens = JSON.parse(readFileSync(process.env.KINERJA_TOKENS, "utf8"));

/** The header of somebody who is signed in; of nobody, none. */
export const signedIn = (role) => (role ? { authorization: `Bearer ${tokens[role]}` } : {});

/** The `data` of an answer; fails on any error. */
export async function ask(role, query, variables = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...signedIn(role) },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** A page of positions, as most clients here ask for it. */
export const POSITIONS = /* GraphQL */ `
  query Positions($first: Int!, $after: String) {
    positions(first: $first, after: $after) {
      totalCount
      edges { cursor node { id title unit { id name } } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`;

/** The IDs of all positions in their order, asked a hundred at a time. */
export async function positionIds() {
  const ids = [];
  for (let after = null; ;) {
    const { positions } = await ask(null, POSITIONS, { first: 100, after });
    ids.push(...positions.edges.map(({ node }) => node.id));
    if (!positions.pageInfo.hasNextPage) {
      assert.equal(ids.length, positions.totalCount);
      return ids;
    }
    after = positions.pageInfo.endCursor;
  }
}

/** Walks a connection by `page(after)` to its end; the IDs, and how many pages there were. */
export async function walk(page) {
  const ids = [];
  let pages = 0;
  for (let after = null; ; pages += 1) {
    const { edges, pageInfo } = await page(after);
    ids.push(...edges.map(({ node }) => node.id));
    if (!pageInfo.hasNextPage) return { ids, pages: pages + 1 };
    assert.ok(pageInfo.endCursor && pageInfo.endCursor !== after, "the cursor does not move on");
    after = pageInfo.endCursor;
  }
}

/** The same IDs in the same order, over more than one page. */
export async function assertWalked({ ids, pages }) {
  assert.ok(pages > 1, "one page is no walk");
  assert.deepEqual(ids, await positionIds());
}

export const RECORD = /* GraphQL */ `
  mutation Record($input: RecordEvaluationInput!) {
    recordEvaluation(input: $input) {
      __typename
      ... on Evaluation { id period score predikat person { id name } }
      ... on InvalidInput { code message path }
      ... on Refusal { code message }
    }
  }
`;

/** An input that records the year of somebody in the supervisor's team who has not been evaluated for it. */
export async function recordable() {
  const { me } = await ask(
    "supervisor",
    `{ me { team(first: 50) { nodes { id plan { id year } evaluations(last: 12) { period } } } } }`,
  );
  const found = me.team.nodes.find(
    ({ plan, evaluations }) => plan && !evaluations.some(({ period }) => period === String(plan.year)),
  );
  assert.ok(found, "the supervisor has recorded the year of everybody");
  return {
    clientMutationKey: randomUUID(),
    plan: found.plan.id,
    period: String(found.plan.year),
    resultsIndex: "97.50",
    behaviourIndex: "91.25",
    evidence: "All quarters, from the systems of record",
    evidenceSource: "tests/clients",
  };
}

export const REQUEST_JOB = /* GraphQL */ `
  mutation Request($input: RequestJobInput!) {
    requestJob(input: $input) { __typename ... on Job { id kind status } ... on Refusal { code message } }
  }
`;

export const JOB_PROGRESSED = /* GraphQL */ `
  subscription Progress { jobProgressed { cursor at job { id kind status } } }
`;

/** Asks for a job that is quickly done; its ID. */
export async function requestJob(role = "admin", kind = "ESTIMATE_EFFECTS") {
  const input = { clientMutationKey: randomUUID(), kind };
  const { requestJob: job } = await ask(role, REQUEST_JOB, { input });
  assert.equal(job.__typename, "Job", JSON.stringify(job));
  return job.id;
}

/** Gives the seats of a session away, one; the ID of the decision. */
export async function assign() {
  const { sessions } = await ask(
    "hr",
    `{ sessions(first: 50, where: { status: OPEN }) { nodes { id capacity seatsTaken } } }`,
  );
  const session = sessions.nodes.find(({ capacity, seatsTaken }) => capacity > seatsTaken);
  const { assignTraining: batch } = await ask(
    "hr",
    `mutation ($input: AssignTrainingInput!) {
      assignTraining(input: $input) { __typename ... on AssignmentBatch { id } ... on Refusal { code message } }
    }`,
    {
      input: {
        clientMutationKey: randomUUID(),
        session: session.id,
        seats: 1,
        reason: "So that an event comes of it",
      },
    },
  );
  assert.equal(batch.__typename, "AssignmentBatch", JSON.stringify(batch));
  return batch.id;
}

/** Waits until something holds, for at most twenty seconds. */
export async function until(holds) {
  for (let wait = 0; wait < 200 && !holds(); wait += 1) await new Promise((done) => setTimeout(done, 100));
  assert.ok(holds(), "it did not come within 20 s");
}

/**
 * Causes an event when a subscription has had time to begin, and again until it came: no client tells when the server
 * has taken a subscription up. Gives what `cause` gave each time.
 */
export async function causeUntil(received, cause) {
  const causes = [];
  for (let turn = 0; turn < 8 && !received(); turn += 1) {
    await new Promise((done) => setTimeout(done, 200));
    causes.push(await cause());
    for (let wait = 0; wait < 25 && !received(); wait += 1) await new Promise((done) => setTimeout(done, 100));
  }
  assert.ok(received(), "no event came within 20 s");
  return causes;
}

/**
 * Asks for jobs until an event of one of them came, and looks at it. `events` and `failed` fill meanwhile with the
 * `data` of events and with errors.
 */
export async function causeProgress(events, failed) {
  const ids = [];
  const ours = () => events.find(({ jobProgressed }) => ids.includes(jobProgressed.job.id))?.jobProgressed;
  await causeUntil(
    () => failed.length > 0 || ours() !== undefined,
    async () => ids.push(await requestJob()),
  );
  assert.deepEqual(failed, []);
  const { cursor, at, job } = ours();
  assert.equal(job.kind, "ESTIMATE_EFFECTS");
  assert.ok(cursor.length > 0);
  if (at !== undefined) assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
}
