/** The example client: its documents generated, its types checked, its tour taken against the server. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { createClient } from "graphql-ws";

import * as plain from "./plain.js";

const folder = new URL("../../../examples/client/", import.meta.url).pathname;
const run = (command, ...args) => promisify(execFile)(command, args, { cwd: folder });
const tool = (name, ...args) => run(process.execPath, join(folder, "node_modules", ".bin", name), ...args);

test("tsc --strict takes what graphql-codegen made of the schema", async () => {
  assert.match(await readFile(join(folder, "tsconfig.json"), "utf8"), /"strict": true/);
  await tool("tsc").catch(({ stdout }) => assert.fail(stdout));
});

test("tsc refuses what the schema does not have", async () => {
  const wrong = {
    "a scalar used as another": `import { nip } from "./scalars.js"; import { record } from "./work.js";
      export const x = (c: never) => record(c, { plan: nip("1"), period: nip("1"), results: nip("1"), behaviour: nip("1"), evidence: "" });`,
    "a plain string for a decimal": `import type { Decimal } from "./scalars.js"; export const x: Decimal = "97.50";`,
    "a variable left out": `import { Client } from "./client.js"; import { Team } from "./operations.js";
      export const x = new Client({ url: "" }).ask(Team);`,
    "a field that was not asked for": `import type { MeQuery } from "./gql/graphql.js";
      export const x = (m: MeQuery) => m.me?.nip;`,
  };
  for (const [what, text] of Object.entries(wrong)) {
    const path = join(folder, "src", "wrong.ts");
    await writeFile(path, text);
    const outcome = await tool("tsc", "--noEmit").then(
      () => "taken",
      ({ stdout }) => stdout,
    );
    await rm(path);
    assert.match(outcome, /src\/wrong\.ts.*error TS/, what);
  }
});

test("the tour", async () => {
  const { stdout } = await run(process.execPath, "dist/main.js");
  for (const line of [
    /^me: .+; \d{4}-Q\d \w+ [\d.]+$/m,
    /^ {2}because .+\.$/m,
    /^team: \d+ people$/m,
    /^recorded: \d{4} BAIK, score 100\.00 \(.+\)$/m,
    /^it stands already: /m,
    /^resultsIndex: /m,
    /^risk list: \d+ in the highest band$/m,
    /^forged token: 401 NOT_SIGNED_IN$/m,
    /^heard: ESTIMATE_EFFECTS \w+$/m,
  ])
    assert.match(stdout, line);
});

test("a team is paged by cursor to its end", async () => {
  const { Client } = await import(pathToFileURL(join(folder, "dist/client.js")));
  const { team } = await import(pathToFileURL(join(folder, "dist/work.js")));
  const client = new Client({
    url: process.env.KINERJA_URL,
    token: () => plain.signedIn("supervisor").authorization.slice(7),
  });
  const ids = [];
  for await (const { id } of team(client, 4)) ids.push(id);
  const { me } = await plain.ask("supervisor", "{ me { team(first: 100) { nodes { id } } } }");
  assert.ok(ids.length > 4);
  assert.deepEqual(
    ids,
    me.team.nodes.map(({ id }) => id),
  );
});

test("its manifest is all that a strict server answers", async () => {
  const { Client } = await import(pathToFileURL(join(folder, "dist/client.js")));
  const { Me, RiskList } = await import(pathToFileURL(join(folder, "dist/operations.js")));
  const options = { url: process.env.KINERJA_STRICT_URL, token: () => plain.signedIn("hr").authorization.slice(7) };
  const trusted = new Client({ ...options, trusted: true });
  assert.ok((await trusted.ask(Me)).me.name);
  assert.ok((await trusted.ask(RiskList, { first: 2 })).riskList.nodes.length === 2);
  await assert.rejects(new Client(options).ask(Me), (failed) => failed.has("TRUSTED_ONLY"));
});

test("an event caused at one server process is heard at another, by a trusted text", async () => {
  const manifest = JSON.parse(await readFile(join(folder, "src/gql/persisted-documents.json"), "utf8"));
  const query = Object.values(manifest).find((text) => text.startsWith("subscription JobProgressed"));
  const url = `${process.env.KINERJA_STRICT_URL.replace(/^http/, "ws")}/graphql`;
  const client = createClient({ url, connectionParams: plain.signedIn("admin"), retryAttempts: 0 });
  const events = [];
  const failed = [];
  const sink = {
    next: ({ data }) => events.push(data),
    error: (error) => failed.push(error),
    complete: () => {},
  };
  const stop = client.subscribe({ query }, sink);
  await plain.causeProgress(events, failed);
  stop();
  await client.dispose();
});

test("it listens by the ID of a trusted document", async () => {
  const { Client } = await import(pathToFileURL(join(folder, "dist/client.js")));
  const { JobProgressed } = await import(pathToFileURL(join(folder, "dist/operations.js")));
  const token = () => plain.signedIn("admin").authorization.slice(7);
  const client = new Client({ url: process.env.KINERJA_STRICT_URL, token, trusted: true });
  const events = [];
  const failed = [];
  const heard = (async () => {
    for await (const event of client.listen(JobProgressed)) events.push(event);
  })().catch((error) => failed.push(error));
  await plain.causeProgress(events, failed);
  await client.close();
  await heard;
});
