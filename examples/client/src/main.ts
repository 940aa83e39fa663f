/** A tour: `npm start` against a demo server, as README.md tells. */
import { readFileSync } from "node:fs";

import { Client, Failed } from "./client.js";
import * as operations from "./operations.js";
import { decimal, period } from "./scalars.js";
import { estimateEffects, FULL, type Member, record, team, unjudged } from "./work.js";

const url = process.env["KINERJA_URL"] ?? "http://127.0.0.1:8000";
const path = process.env["KINERJA_TOKENS"] ?? "../../var/demo/tokens.json";
const tokens = JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;

const as = (role: string): Client => new Client({ url, token: () => tokens[role] ?? "" });

async function whoAmI(): Promise<void> {
  const { me } = await as("employee").ask(operations.Me);
  const last = me?.evaluations.at(-1);
  console.log(`me: ${me?.name}, ${me?.position?.title}; ${last?.period} ${last?.predikat} ${last?.score}`);
  for (const { sentence } of me?.risk?.reasons ?? []) console.log(`  because ${sentence}`);
}

async function judge(): Promise<void> {
  const supervisor = as("supervisor");
  const members: Member[] = [];
  for await (const member of team(supervisor)) members.push(member);
  console.log(`team: ${members.length} people`);
  const [first] = unjudged(members, year(members.map(({ plan }) => plan?.year ?? 0)));
  if (!first?.plan) throw new Error("nobody's year is left to judge");
  const judgement = { plan: first.plan.id, period: year([first.plan.year]), results: FULL, behaviour: FULL };
  console.log(await record(supervisor, { ...judgement, evidence: "e-Kinerja, all quarters" }));
  console.log(await record(supervisor, { ...judgement, evidence: "e-Kinerja, once more" }));
  console.log(await record(supervisor, { ...judgement, results: decimal("-1"), evidence: "e-Kinerja" }));
}

const year = (years: readonly number[]) => period(String(Math.max(...years)));

async function riskList(): Promise<void> {
  const { riskList: list } = await as("hr").ask(operations.RiskList, { first: 3, band: "HIGH" });
  console.log(`risk list: ${list.totalCount} in the highest band`);
  for (const { rank, probability, person, reasons } of list.nodes) {
    console.log(`  ${rank}. ${person?.name}, ${probability}: ${reasons[0]?.sentence}`);
  }
}

async function refusedAtTheDoor(): Promise<void> {
  try {
    await new Client({ url, token: () => "forged" }).ask(operations.Me);
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    console.log(`forged token: ${error.status} ${error.problems[0]?.extensions.code}`);
  }
}

async function follow(): Promise<void> {
  const admin = as("admin");
  console.log(`heard: ${await estimateEffects(admin)}`);
  await admin.close();
}

await whoAmI();
await judge();
await riskList();
await refusedAtTheDoor();
await follow();
