/** GraphQL over HTTP: the audits of graphql-http, each a test. */
import assert from "node:assert/strict";
import test from "node:test";
import { serverAudits } from "graphql-http";

import { url } from "./plain.js";

for (const { id, name, fn } of serverAudits({ url, fetchFn: fetch })) {
  test(`${id} ${name}`, async () => {
    const { status, reason } = await fn();
    assert.equal(status, "ok", reason);
  });
}
