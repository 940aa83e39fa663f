/**
 * PostGraphile over the database of `make bench`; PGHOST and its kin say where that is, PORT where to listen.
 *
 * With JWT_SECRET each request is in the context of who its token names: his role, and the settings by which row
 * security knows him. Without, nobody asks, and the database's own role reads.
 */
import { createServer } from "node:http";
import { createHmac, timingSafeEqual } from "node:crypto";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makePgService } from "postgraphile/adaptors/pg";

const connections = Number(process.env.CONNECTIONS);
const secret = process.env.JWT_SECRET;

/** Claims of tokens that were verified before, as the other server remembers them too. */
const known = new Map();

/** The claims of a JSON Web Token under HS256. */
function verified(token) {
  const [head, body, signature] = token.split(".");
  const made = createHmac("sha256", secret).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  const { alg } = JSON.parse(Buffer.from(head, "base64url"));
  if (alg !== "HS256" || given.length !== made.length || !timingSafeEqual(given, made)) {
    throw new Error("the token is not ours");
  }
  return JSON.parse(Buffer.from(body, "base64url"));
}

/** What PostgreSQL is told of who asks. */
function signedIn(authorization) {
  const token = authorization?.startsWith("Bearer ") ? authorization.slice(7) : null;
  if (token === null) throw new Error("no token");
  let claims = known.get(token);
  if (!claims) {
    claims = verified(token);
    known.set(token, claims);
  }
  if (claims.exp * 1000 <= Date.now()) throw new Error("the token is over");
  return { pgSettings: claims.settings };
}

/** @type {GraphileConfig.Preset} */
const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      pool: new pg.Pool({ max: connections, idleTimeoutMillis: 0 }),
      schemas: ["public", "bench"],
      pubsub: false,
    }),
  ],
  // It keeps columns without an index of their own out of conditions and orders; `current` and `active` are such.
  disablePlugins: ["PgIndexBehaviorsPlugin"],
  schema: {
    // Plain lists beside connections: without `nodes` and cursors they cost this server less.
    defaultBehavior: "+list +connection +resource:list +resource:connection -insert -update -delete",
  },
  grafast: {
    explain: false,
    ...(secret && { context: (request) => signedIn(request.node?.req.headers.authorization) }),
  },
  grafserv: { graphiql: false, watch: false, websockets: false, outputDataAsString: true },
};

const instance = postgraphile(preset).createServ(grafserv);
const server = createServer();
await instance.addTo(server);
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
