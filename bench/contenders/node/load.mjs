/**
 * Load by autocannon: reads a plan from standard input, writes what came of it to standard output.
 *
 * The requests are dealt out to the connections, so that no two connections send the same one.
 * Latencies are taken here, for autocannon's own histogram counts whole milliseconds.
 */
import { readFileSync } from "node:fs";
import autocannon from "autocannon";

const plan = JSON.parse(readFileSync(0, "utf8"));
const { url, connections, requests, amount, expect } = plan;
const dealt = Array.from({ length: connections }, (_, place) =>
  requests.filter((_, number) => number % connections === place),
);
let next = 0;
const latencies = [];
let last = 0n;
let wrong = "";

const run = autocannon(
  {
    url,
    connections,
    amount,
    timeout: 120,
    sampleInt: 100,
    requests: [requests[0]],
    setupClient: (client) => {
      const mine = dealt[next++ % connections];
      client.setRequests(mine.length ? mine : requests);
    },
    verifyBody: (body) => {
      const right = body.includes(expect) && !body.includes('"errors":[');
      if (!right) wrong ||= body.slice(0, 300);
      return right;
    },
  },
  (error, result) => {
    if (error) throw error;
    latencies.sort((one, other) => one - other);
    const at = (part) => latencies[Math.min(latencies.length - 1, Math.floor(part * latencies.length))] ?? 0;
    const answer = {
      requests: latencies.length,
      seconds: Number(last - began) / 1e9,
      p50: at(0.5),
      p99: at(0.99),
      failed: result.non2xx + result.errors + result.mismatches,
      wrong,
    };
    process.stdout.write(JSON.stringify(answer));
  },
);
const began = process.hrtime.bigint();
run.on("response", (_client, _status, _bytes, milliseconds) => {
  latencies.push(milliseconds);
  last = process.hrtime.bigint();
});
