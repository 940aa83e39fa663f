// Lints the printed schema, then a planted one in which each rule must find its fault; run from the root.
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";
import { config, EXCUSED } from "./eslint.config.js";

const SCHEMA = "schema/schema.graphql";
const PLANTED = "tests/schema/lint/planted.graphql";
const MUST_BITE = [
  "input-name",
  "naming-convention",
  "no-scalar-result-type-on-mutation",
  "no-typename-prefix",
  "no-unreachable-types",
  "relay-arguments",
  "relay-connection-types",
  "relay-edge-types",
  "relay-page-info",
  "require-deprecation-reason",
  "require-description",
  "strict-id-in-types",
  "unique-enum-value-names",
];

async function faults(path) {
  const eslint = new ESLint({
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    overrideConfigFile: true,
    overrideConfig: config(path),
  });
  const [result] = await eslint.lintFiles([path]);
  return result.messages.map(({ line, ruleId, message }) => ({
    line,
    rule: ruleId ?? "syntax",
    message: message.split("\n")[0],
  }));
}

// The rule that has exceptions of ours names the field and its type in its message.
const fieldOf = ({ message }) => {
  const [field, type] = [...message.matchAll(/"(\w+)"/g)].map(([, name]) => name);
  return `${type}.${field}`;
};

const found = await faults(SCHEMA);
const excused = new Set(found.filter((fault) => fault.rule.endsWith("/no-typename-prefix")).map(fieldOf));
const shown = found.filter((fault) => !(fault.rule.endsWith("/no-typename-prefix") && EXCUSED.has(fieldOf(fault))));
const stale = [...EXCUSED.keys()].filter((name) => !excused.has(name));
const bitten = new Set((await faults(PLANTED)).map(({ rule }) => rule.replace("@graphql-eslint/", "")));
const blind = MUST_BITE.filter((rule) => !bitten.has(rule));

for (const { line, rule, message } of shown) console.error(`${SCHEMA}:${line}: ${message} [${rule}]`);
for (const name of stale) console.error(`eslint.config.js: ${name} is excused and no longer at fault`);
for (const rule of blind) console.error(`${PLANTED}: ${rule} does not find its fault`);
const on = Object.values(config(SCHEMA)[0].rules).filter((setting) => setting !== "off").length;
const biting = `${MUST_BITE.length - blind.length} of ${MUST_BITE.length} rules find what is planted`;
console.log(`schema lint: ${on} rules, ${shown.length} faults; ${biting}`);
process.exitCode = shown.length + stale.length + blind.length ? 1 : 0;
