/** PostGraphile over the database of `make bench`; PGHOST and its kin say where that is, PORT where to listen. */
import { createServer } from "node:http";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { makePgService } from "postgraphile/adaptors/pg";

const connections = Number(process.env.CONNECTIONS);

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
  grafast: { explain: false },
  grafserv: { graphiql: false, watch: false, websockets: false, outputDataAsString: true },
};

const instance = postgraphile(preset).createServ(grafserv);
const server = createServer();
await instance.addTo(server);
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
