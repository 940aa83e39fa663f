/** What a front-end does with the client, a function for each job. */
import { randomUUID } from "node:crypto";

import type { Client } from "./client.js";
import type { TeamQuery } from "./gql/graphql.js";
import * as operations from "./operations.js";
import { type Decimal, decimal, type Id, type Period } from "./scalars.js";

export type Member = NonNullable<TeamQuery["me"]>["team"]["nodes"][number];

/** Everybody whom the one who is signed in appraises, page by page. */
export async function* team(client: Client, size = 5): AsyncGenerator<Member> {
  for (let after: string | null = null; ;) {
    const { me }: TeamQuery = await client.ask(operations.Team, { first: size, after });
    if (!me) return;
    yield* me.team.nodes;
    if (!me.team.pageInfo.hasNextPage) return;
    after = me.team.pageInfo.endCursor;
  }
}

export interface Judgement {
  readonly plan: Id;
  readonly period: Period;
  readonly results: Decimal;
  readonly behaviour: Decimal;
  readonly evidence: string;
  /** Sent again with the same key, an evaluation is recorded once: keep it until there is an answer. */
  readonly key?: string;
}

/** Record an evaluation; the sentence to show, whatever comes of it. */
export async function record(client: Client, judgement: Judgement): Promise<string> {
  const { recordEvaluation: outcome } = await client.ask(operations.RecordEvaluation, {
    input: {
      clientMutationKey: judgement.key ?? randomUUID(),
      plan: judgement.plan,
      period: judgement.period,
      resultsIndex: judgement.results,
      behaviourIndex: judgement.behaviour,
      evidence: judgement.evidence,
      evidenceSource: "examples/client",
    },
  });
  if (!outcome) return "nothing is known of what came of it; ask again with the same key";
  switch (outcome.__typename) {
    case "Evaluation":
      return `recorded: ${outcome.period} ${outcome.predikat}, score ${outcome.score} (${outcome.rule})`;
    case "AlreadyEvaluated":
      return `it stands already: ${outcome.message}`;
    case "PeriodClosed":
      return `too early or too late: ${outcome.message}`;
    case "InvalidInput":
      return `${outcome.path.join(".")}: ${outcome.message}`;
    default:
      // The refusals that any mutation may give, and those that a later version adds.
      return `${outcome.code}: ${outcome.message}`;
  }
}

/** The members of a team whose year can still be judged. */
export const unjudged = (members: readonly Member[], year: Period): Member[] =>
  members.filter(({ plan, evaluations }) => plan && !evaluations.some(({ period }) => period === year));

/** Have the effects of training estimated anew, and follow the job to its end. */
export async function estimateEffects(client: Client): Promise<string> {
  const events = client.listen(operations.JobProgressed);
  // The generator listens from its first `next` on: so that nothing is missed, before the job is asked for.
  const first = events.next();
  const { requestJob: job } = await client.ask(operations.RequestJob, {
    input: { clientMutationKey: randomUUID(), kind: "ESTIMATE_EFFECTS" },
  });
  if (job?.__typename !== "Job") throw new Error(job?.message ?? "nothing is known of the job");
  for (let { value, done } = await first; !done; { value, done } = await events.next()) {
    const { id, kind, status } = value.jobProgressed.job;
    if (id === job.id && (status === "DONE" || status === "FAILED")) {
      await events.return(undefined);
      return `${kind} ${status}`;
    }
  }
  throw new Error("the server stopped telling");
}

export const FULL = decimal("100.00");
