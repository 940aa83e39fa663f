// The bar above GraphiQL: who asks, and what the last answer cost.
import { useState } from "react";
import { roleName } from "./examples";
import { NOBODY, PASTED, signIn, type Start, useSession } from "./session";
import type { Outcome } from "./transport";

export function Bar({ tokens, outcome }: Pick<Start, "tokens"> & { outcome: Outcome | null }) {
  return (
    <header className="bar">
      <h1>
        <Mark /> Kinerja
      </h1>
      <nav>
        <a href="schema.graphql" target="_blank" rel="noreferrer">
          schema.graphql
        </a>
      </nav>
      <output aria-live="polite">{outcome === null ? "" : told(outcome)}</output>
      <Identity tokens={tokens} />
    </header>
  );
}

function told({ status, milliseconds, statements, cost }: Outcome): string {
  const parts = [status, `${Math.round(milliseconds)} ms`];
  if (statements !== null) parts.push(`${statements} SQL`);
  if (cost !== null) parts.push(`cost ${cost.requested} of ${cost.maximum}`);
  return parts.join(" · ");
}

function Identity({ tokens }: Pick<Start, "tokens">) {
  const { token, role } = useSession();
  const [typed, setTyped] = useState("");
  const roles = Object.keys(tokens);

  function choose(chosen: string): void {
    if (chosen === PASTED) signIn(typed, PASTED);
    else signIn(tokens[chosen] ?? "", chosen);
  }

  function paste(given: string): void {
    setTyped(given);
    signIn(given.replace(/^Bearer\s+/i, ""), given.trim() === "" ? NOBODY : PASTED);
  }

  return (
    <form onSubmit={(event) => event.preventDefault()} className="identity">
      {roles.length > 0 && (
        <label>
          Ask as
          <select value={role} onChange={(event) => choose(event.target.value)}>
            {[NOBODY, ...roles].map((each) => (
              <option key={each} value={each}>
                {roleName(each)}
              </option>
            ))}
            <option value={PASTED}>Own token</option>
          </select>
        </label>
      )}
      <label>
        Token
        <input
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="paste one; kept until this tab closes"
          value={token}
          onChange={(event) => paste(event.target.value)}
        />
      </label>
    </form>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <rect width="24" height="24" rx="6" fill="currentColor" />
      <path d="M6 17V11M12 17V7M18 17v-3" stroke="var(--on-mark)" strokeWidth="2.6" strokeLinecap="round" />
    </svg>
  );
}
