// Opens the page in Chromium with the network cut, uses it as a person would, and takes its picture.
//   CHROMIUM=/usr/bin/chromium node check.mjs ADDRESS [PICTURE]
// `python -m tests.explorer` runs it against a demo of its own.
import { chromium } from "playwright-core";

const [address, picture] = process.argv.slice(2);
const origin = new URL(address).origin;
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const browser = await chromium.launch({
  executablePath,
  args: [
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", // no name has an address: the network is cut
  ],
});
const complaints = [];
const checks = [];

function check(what, holds, detail = "") {
  checks.push(holds);
  console.log(`${holds ? "ok  " : "FAIL"} ${what}${detail === "" ? "" : `: ${detail}`}`);
}

try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 860 }, deviceScaleFactor: 1 });
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  let sockets = 0;
  page.on("websocket", (socket) => {
    sockets += 1;
    asked.push(socket.url().replace(/^ws/, "http"));
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
    });
  });

  const answer = page.locator(".result-window .CodeMirror-code");
  const said = () => page.evaluate(() => document.querySelector(".result-window .CodeMirror").CodeMirror.getValue());
  const answered = async (text) => {
    const ends = Date.now() + 10_000;
    while (Date.now() < ends) {
      if ((await said()).includes(text)) return true;
      await page.waitForTimeout(100);
    }
    console.log(await said());
    return false;
  };
  const role = page.getByLabel("Ask as");
  const example = async (name) => {
    if (!(await page.locator(".examples").isVisible())) await page.getByLabel("Show Examples").click();
    await page.locator(".examples button", { hasText: name }).click();
  };
  const run = () => page.locator(".graphiql-execute-button").click();

  await page.goto(address);
  await answer.waitFor();
  check("the page opens with an answer", await answered('"totalCount"'));
  check("the answer is shown", await answer.isVisible());
  check("what it cost is told", /^200 · \d+ ms/.test(await page.locator(".bar output").innerText()));

  if (await role.isVisible()) {
    await example("Me: plan and evaluations");
    check("an example chooses its role", (await role.inputValue()) === "employee");
    await run();
    check("a person is answered with his token", await answered('"evaluations"'));
    await example("Live: jobs");
    await run();
    await page.waitForTimeout(1_500);
    const stays = await page.locator(".graphiql-execute-button[aria-label^=Stop]").isVisible();
    check("a subscription stays open", stays && sockets === 1, `${sockets} socket, said ${(await said()) || "nothing"}`);
    await page.evaluate(async () => {
      const { tokens } = await (await fetch("explorer.json")).json();
      const query = 'mutation { requestJob(input: { clientMutationKey: "page", kind: SCORE_RISK }) { __typename } }';
      const headers = { "content-type": "application/json", authorization: `Bearer ${tokens.admin}` };
      await fetch("graphql", { method: "POST", headers, body: JSON.stringify({ query }) });
    });
    check("and tells what happens", await answered('"SCORE_RISK"'));
    await run();
    await example("Risk list with reasons");
    await run();
    check("the risk list tells its reasons", await answered('"sentence"'));
  }

  await page.getByLabel("Show Documentation Explorer").click();
  await page.locator(".graphiql-doc-explorer-content").getByText("Query", { exact: true }).first().click();
  await page.locator(".graphiql-doc-explorer-content").getByText("riskList", { exact: true }).first().waitFor();
  check("the documentation is there", true);
  await page.getByLabel("Open settings dialog").click();
  await page.locator(".graphiql-dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".graphiql-query-editor .CodeMirror").click();
  await page.keyboard.press("Control+f");
  await page.locator(".CodeMirror-search-field").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("textbox", { name: "Token" }).fill("not-a-token");
  await run();
  check("a token that is none is refused with a code", await answered("NOT_SIGNED_IN"));

  if (picture !== undefined) {
    await example("Risk list with reasons");
    await run();
    await answered('"sentence"');
    await page.mouse.move(900, 850);
    await page.waitForTimeout(500);
    await page.screenshot({ path: picture });
    console.log(`     picture: ${picture}`);
  }

  const elsewhere = asked.filter((url) => new URL(url).origin !== origin);
  check("no other host was asked", elsewhere.length === 0, elsewhere.join(" "));
  const violations = await page.evaluate(() => window.violations);
  check("the content security policy was kept", violations.length === 0, violations.join("; "));
  const others = complaints.filter((text) => !text.includes("401"));
  check("the console is quiet", others.length === 0, others.join("; "));
} finally {
  await browser.close();
}
const failed = checks.filter((holds) => !holds).length;
console.log(failed === 0 ? `all ${checks.length} hold` : `${failed} of ${checks.length} fail`);
process.exit(failed === 0 ? 0 : 1);
