/** Tells of each test in a line of JSON, for the one who runs all suites. */
export default async function* report(source) {
  for await (const { type, data } of source) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const error = data.details?.error;
    yield `${JSON.stringify({
      name: data.name,
      state: data.skip === undefined ? type.replace("test:", "") : "skip",
      why: error ? String(error.cause?.stack ?? error.cause ?? error.message) : "",
    })}\n`;
  }
}
