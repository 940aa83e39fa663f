// How an operation gets to the server: POST for queries and mutations, graphql-transport-ws for subscriptions.
import type { Fetcher, FetcherParams } from "@graphiql/toolkit";
import { type ExecutionResult, Kind, type OperationDefinitionNode, parse } from "graphql";
import { createClient, type Client } from "graphql-ws";
import { current } from "./session";

export type Outcome = {
  status: string;
  milliseconds: number;
  statements: string | null;
  cost: { requested: number; maximum: number } | null;
};

const ENDPOINT = new URL("graphql", document.baseURI);
const INTROSPECTION = "IntrospectionQuery";

type Socket = { token: string; client: Client };
let socket: Socket | null = null;

export function fetcher(tell: (outcome: Outcome) => void): Fetcher {
  return (params, options) => {
    const all = operations(params.query);
    const [only] = all;
    // Right after an edit GraphiQL still names the operation that stood there before.
    const asked = all.length === 1 ? { ...params, operationName: only?.name?.value ?? null } : params;
    const chosen = all.length === 1 ? only : all.find((each) => each.name?.value === asked.operationName);
    if (chosen?.operation === "subscription") return live(asked);
    return ask(asked, options?.headers ?? {}, tell);
  };
}

/** The operations of a document; none where it cannot be read, and the server says why. */
export function operations(query: string): OperationDefinitionNode[] {
  try {
    return parse(query, { noLocation: true }).definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  } catch {
    return [];
  }
}

async function ask(
  params: FetcherParams,
  further: Record<string, string>,
  tell: (outcome: Outcome) => void,
): Promise<ExecutionResult> {
  const { token } = current();
  const headers: Record<string, string> = {
    accept: "application/graphql-response+json, application/json;q=0.9",
    "content-type": "application/json",
    ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
    ...further,
  };
  const begun = performance.now();
  const response = await fetch(ENDPOINT, { method: "POST", headers, body: JSON.stringify(params) });
  const answer = (await response.json()) as ExecutionResult<unknown, { cost?: Outcome["cost"] }>;
  if (params.operationName !== INTROSPECTION) {
    tell({
      status: String(response.status),
      milliseconds: performance.now() - begun,
      statements: response.headers.get("x-db-queries"),
      cost: answer.extensions?.cost ?? null,
    });
  }
  return answer as ExecutionResult;
}

/** Each answer as it comes. Ending it must not wait for the next one, so this is no generator. */
function live(params: FetcherParams): AsyncIterableIterator<ExecutionResult> {
  const { query, variables, operationName } = params;
  const told = client().iterate({
    query,
    variables: variables as Record<string, unknown> | null,
    operationName: operationName ?? null,
  }) as AsyncIterableIterator<ExecutionResult>;
  return {
    next: () => told.next().catch((error: unknown) => Promise.reject(reason(error))),
    return: () => told.return?.() ?? Promise.resolve({ value: undefined, done: true as const }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Why a subscription ended, as something that can be read. */
function reason(error: unknown): unknown {
  if (error instanceof CloseEvent) return new Error(`The socket was closed: ${error.code} ${error.reason}`);
  if (error instanceof Event) return new Error(`There is no WebSocket at ${ENDPOINT.pathname}.`);
  return error;
}

/** One socket for each token: who asks is settled once, when it opens. */
function client(): Client {
  const { token } = current();
  if (socket?.token !== token) {
    void socket?.client.dispose();
    const url = new URL(ENDPOINT);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const opened = createClient({
      url: url.href,
      connectionParams: token === "" ? {} : { authorization: `Bearer ${token}` },
      retryAttempts: 2,
    });
    socket = { token, client: opened };
  }
  return socket!.client;
}
