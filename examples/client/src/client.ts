/** The client: one function that asks, typed by its document, and one that listens. */
import { createClient, type Client as Socket } from "graphql-ws";

import type { TypedDocumentString } from "./gql/graphql.js";

/** An entry of `errors`. Its code is one of a closed list: docs/errors.md. */
export interface Problem {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly requestId?: string };
}

/** The server did not do what was asked, and says why. A refusal of a mutation is no such failure: it is data. */
export class Failed extends Error {
  override readonly name = "Failed";

  constructor(
    readonly status: number,
    readonly problems: readonly Problem[],
    readonly requestId: string | null,
  ) {
    super(problems.map(({ message }) => message).join(" ") || `The server answered ${status}.`);
  }

  /** Whether one of the errors has this code. */
  has(code: string): boolean {
    return this.problems.some(({ extensions }) => extensions.code === code);
  }
}

export interface Options {
  /** Where the server is, as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** The token of who asks, asked for anew with each request; without it nobody is signed in. */
  readonly token?: () => string;
  /** Whether documents are sent by their ID alone, to a server that was given `src/gql/persisted-documents.json`. */
  readonly trusted?: boolean;
}

/** Variables may be left out where none is required. */
type Given<Variables> = Record<string, never> extends Variables ? [variables?: Variables] : [variables: Variables];

export class Client {
  readonly #options: Options;
  #socket: Socket | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** The `data` of a query or a mutation. Throws `Failed` when there are errors, and what `fetch` throws. */
  async ask<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    ...[variables]: Given<Variables>
  ): Promise<Data> {
    const response = await fetch(`${this.#options.url}/graphql`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json",
        ...this.#authorization(),
      },
      body: JSON.stringify({ ...this.#named(document), variables: variables ?? {} }),
    });
    const answer = (await response.json()) as { data?: Data; errors?: readonly Problem[] };
    if (answer.errors || answer.data === undefined) {
      throw new Failed(response.status, answer.errors ?? [], response.headers.get("x-request-id"));
    }
    return answer.data;
  }

  /** Each event of a subscription, until the loop over them ends. */
  async *listen<Data extends Record<string, unknown>, Variables>(
    document: TypedDocumentString<Data, Variables>,
    ...[variables]: Given<Variables>
  ): AsyncGenerator<Data> {
    this.#socket ??= createClient({
      url: `${this.#options.url.replace(/^http/, "ws")}/graphql`,
      connectionParams: () => this.#authorization(),
      lazy: true,
    });
    const events = this.#socket.iterate<Data>({
      query: "", // graphql-ws asks for a text, be it empty
      ...this.#named(document),
      variables: (variables ?? {}) as Record<string, unknown>,
    });
    for await (const { data, errors } of events) {
      if (errors) throw new Failed(200, errors as unknown as Problem[], null);
      if (data) yield data;
    }
  }

  /** Let go of the connection that `listen` opened. */
  async close(): Promise<void> {
    await this.#socket?.dispose();
  }

  /** How a document is sent: its text, or its ID in the manifest. */
  #named<Data, Variables>(document: TypedDocumentString<Data, Variables>): Record<string, unknown> {
    return this.#options.trusted ? { documentId: document.__meta__?.["hash"] } : { query: document.toString() };
  }

  #authorization(): Record<string, string> {
    const token = this.#options.token?.();
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }
}
