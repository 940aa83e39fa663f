// Who asks: the token in use, and in a demo the tokens that can be chosen by role.
import { useSyncExternalStore } from "react";

export type Role = string;

export type Example = {
  role: Role;
  title: string;
  about: string;
  query: string;
  variables: Record<string, unknown>;
};

export type Start = { examples: Example[]; tokens: Record<Role, string> };

export type Session = { token: string; role: Role };

const KEY = "kinerja:session";
export const NOBODY: Role = "anonymous";
export const PASTED: Role = "token";

const listeners = new Set<() => void>();
let session: Session = remembered();

function remembered(): Session {
  try {
    const { token, role } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Partial<Session>;
    return { token: token ?? "", role: role ?? NOBODY };
  } catch {
    return { token: "", role: NOBODY };
  }
}

export function current(): Session {
  return session;
}

export function signIn(token: string, role: Role): void {
  session = { token: token.trim(), role };
  sessionStorage.setItem(KEY, JSON.stringify(session));
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): Session {
  return useSyncExternalStore(subscribe, current);
}

/** A demo that was started anew signs with other tokens: the chosen role stays, with its token of today. */
export function refresh(tokens: Record<Role, string>): void {
  const { role } = session;
  if (role === NOBODY || role === PASTED) return;
  const token = tokens[role];
  if (token === undefined) signIn("", NOBODY);
  else signIn(token, role);
}

export async function start(): Promise<Start> {
  const response = await fetch(new URL("explorer.json", document.baseURI));
  if (!response.ok) throw new Error(`explorer.json: ${response.status}`);
  return (await response.json()) as Start;
}
