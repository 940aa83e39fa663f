// Bundles the page into kinerja/graphql_server/static: hashed files, a manifest of their hashes, and the licences of what is in them.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = resolve(process.argv[2] ?? join(HERE, "../kinerja/graphql_server/static"));

const hash = (contents) => createHash("sha256").update(contents).digest("hex");

/** Replaces in a package's source what the content security policy refuses; fails where it is not found. */
function replacing(filter, loader, pairs) {
  return {
    name: `replacing ${filter}`,
    setup(bundle) {
      bundle.onLoad({ filter }, async ({ path }) => {
        let contents = await readFile(path, "utf8");
        for (const [what, by] of pairs) {
          if (!contents.match(what)) throw new Error(`${path} has no ${what} any more`);
          contents = contents.replace(what, by);
        }
        return { contents, loader, resolveDir: dirname(path) };
      });
    },
  };
}

/** Pictures within style sheets become files. */
const pictures = {
  name: "pictures",
  setup(bundle) {
    bundle.onResolve({ filter: /^data:image\/png;base64,/ }, ({ path }) => {
      const contents = Buffer.from(path.slice(path.indexOf(",") + 1), "base64");
      return { path: `${hash(contents)}.png`, namespace: "picture", pluginData: contents };
    });
    bundle.onLoad({ filter: /.*/, namespace: "picture" }, ({ pluginData }) => ({ contents: pluginData, loader: "file" }));
  },
};

const { metafile, outputFiles } = await build({
  absWorkingDir: HERE,
  entryPoints: { graphiql: "src/main.tsx", icon: "src/icon.svg" },
  outdir: OUT,
  entryNames: "[name]-[hash]",
  assetNames: "picture-[hash]",
  bundle: true,
  write: false,
  minify: true,
  metafile: true,
  format: "esm",
  target: ["chrome109", "firefox115", "safari16"],
  define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
  alias: { "react-remove-scroll": "./src/no-scroll-lock.tsx" },
  loader: { ".svg": "copy" },
  charset: "utf8",
  legalComments: "none",
  plugins: [
    replacing(/graphiql\/dist\/style\.css$/, "css", [[/@font-face\s*\{[^}]*\}/g, ""]]),
    replacing(/codemirror\/addon\/search\/search\.js$/, "js", [[/"?style"?: "[^"]*", /g, ""]]),
    replacing(/codemirror\/addon\/search\/jump-to-line\.js$/, "js", [[/ style="[^"]*"/g, ""]]),
    pictures,
  ],
});

const files = new Map(outputFiles.map(({ path, contents }) => [path.slice(OUT.length + 1), contents]));
const named = (start, end) => [...files.keys()].find((name) => name.startsWith(start) && name.endsWith(end));
const page = (await readFile(join(HERE, "src/index.html"), "utf8"))
  .replace("{script}", named("graphiql-", ".js"))
  .replace("{style}", named("graphiql-", ".css"))
  .replace("{icon}", named("icon-", ".svg"));
files.set("index.html", Buffer.from(page));
files.set("NOTICE", Buffer.from(await notice(Object.keys(metafile.inputs))));
const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
const manifest = Object.fromEntries(sorted.map(([name, contents]) => [name, hash(contents)]));
files.set("manifest.json", Buffer.from(JSON.stringify(manifest, null, 1) + "\n"));

await mkdir(OUT, { recursive: true });
for (const old of await readdir(OUT)) await rm(join(OUT, old), { recursive: true });
for (const [name, contents] of files) await writeFile(join(OUT, name), contents);
for (const [name, contents] of files) console.log(`${String(contents.length).padStart(9)}  ${name}`);

/** The licences of the packages that were bundled, each text once. */
async function notice(inputs) {
  const folders = new Set(inputs.flatMap((path) => path.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []));
  const holders = new Map();
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(HERE, folder, "package.json"), "utf8"));
    if (!license) throw new Error(`${name} names no licence`);
    const file = (await readdir(join(HERE, folder))).find((each) => /^licen[cs]e(\.|$)/i.test(each));
    const text = file === undefined ? `${license}, without a text` : await readFile(join(HERE, folder, file), "utf8");
    const plain = text.replace(/\r\n/g, "\n").replace(/[ \t]+$/gm, "").trim();
    holders.set(plain, [...(holders.get(plain) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...holders].map(([text, names]) => `${"-".repeat(80)}\n${names.join("\n")}\n\n${text}\n`);
  return ["What is bundled into these files, and under which licences.\n", ...parts].join("\n");
}
