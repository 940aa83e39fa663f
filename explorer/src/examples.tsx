// The panel of examples, by role: a click opens one in a tab of its own, as that role where a demo lends its tokens.
import { type GraphiQLPlugin, useEditorContext } from "@graphiql/react";
import { flushSync } from "react-dom";
import { type Example, NOBODY, signIn, type Start } from "./session";
import { operations } from "./transport";

export const TITLE = "Examples";

const ROLES: Record<string, string> = {
  [NOBODY]: "Anybody",
  employee: "Employee · pegawai",
  supervisor: "Supervisor · pejabat penilai",
  hr: "Human resources · BKD",
  leader: "Leader · pimpinan",
  auditor: "Auditor · inspektorat",
  admin: "Administrator",
};

export function roleName(role: string): string {
  return ROLES[role] ?? role;
}

export function text(variables: Example["variables"]): string {
  return Object.keys(variables).length === 0 ? "" : JSON.stringify(variables, null, 2);
}

function kind(example: Example): string {
  return operations(example.query)[0]?.operation ?? "";
}

function byRole(examples: Example[]): [string, Example[]][] {
  return Object.keys(ROLES)
    .map((role): [string, Example[]] => [role, examples.filter((each) => each.role === role)])
    .filter(([, found]) => found.length > 0);
}

function List({ examples, tokens }: Start) {
  const editors = useEditorContext({ nonNull: true });

  function open(example: Example): void {
    const token = tokens[example.role];
    if (example.role === NOBODY) signIn("", NOBODY);
    else if (token !== undefined) signIn(token, example.role);
    const there = editors.tabs.findIndex((tab) => tab.query === example.query);
    if (there >= 0) {
      editors.changeTab(there);
      return;
    }
    flushSync(() => editors.addTab());
    editors.queryEditor?.setValue(example.query);
    editors.variableEditor?.setValue(text(example.variables));
    editors.queryEditor?.focus();
  }

  return (
    <section aria-label={TITLE} className="examples">
      <div className="graphiql-doc-explorer-title">{TITLE}</div>
      {byRole(examples).map(([role, found]) => (
        <section key={role}>
          <h2>{roleName(role)}</h2>
          <ul>
            {found.map((example) => (
              <li key={example.title}>
                <button type="button" onClick={() => open(example)}>
                  <strong>{example.title}</strong>
                  <em className={`kind ${kind(example)}`}>{kind(example)}</em>
                  <span>{example.about}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round">
      <path d="M4 5.5h7v13H4zM13.5 5.5H20M13.5 10H20M13.5 14.5H20M13.5 18.5H18" strokeLinecap="round" />
    </svg>
  );
}

export function plugin(start: Start): GraphiQLPlugin {
  return { title: TITLE, icon: Icon, content: () => <List {...start} /> };
}
