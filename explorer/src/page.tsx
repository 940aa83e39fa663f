// The whole page: the bar, and GraphiQL with the panel of examples.
import { DOC_EXPLORER_PLUGIN, DocExplorerContextProvider } from "@graphiql/plugin-doc-explorer";
import { HISTORY_PLUGIN, HistoryContextProvider } from "@graphiql/plugin-history";
import { useEditorContext, useExecutionContext, usePluginStore } from "@graphiql/react";
import { GraphiQL, GraphiQLInterface, GraphiQLProvider } from "graphiql";
import { type PropsWithChildren, useEffect, useMemo, useRef, useState } from "react";
import { Bar } from "./bar";
import { plugin, text } from "./examples";
import type { Start } from "./session";
import { fetcher, operations, type Outcome } from "./transport";

const TABS = "graphiql:tabState";
const NARROW = 900; // pixels: below it the panel of examples opens on demand

export function Page({ start }: { start: Start }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const send = useMemo(() => fetcher(setOutcome), []);
  const examples = useMemo(() => plugin(start), [start]);
  const plugins = useMemo(() => [examples, DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN], [examples]);
  const [first] = start.examples;
  // Of a first tab GraphiQL takes the query and leaves the variables.
  const [variables] = useState(() => (sessionStorage.getItem(TABS) === null ? text(first?.variables ?? {}) : null));
  const [shown] = useState(() => window.innerWidth >= NARROW);
  return (
    <>
      <Bar tokens={start.tokens} outcome={outcome} />
      <GraphiQLProvider
        fetcher={send}
        plugins={plugins}
        referencePlugin={DOC_EXPLORER_PLUGIN}
        {...(shown ? { visiblePlugin: examples } : {})}
        {...(first === undefined ? {} : { defaultTabs: [{ query: first.query, variables }] })}
        {...(variables === null ? {} : { variables })}
        storage={sessionStorage}
        shouldPersistHeaders={false}
        inputValueDeprecation
      >
        <HistoryContextProvider>
          <DocExplorerContextProvider>
            <Shown wanted={shown}>
              <GraphiQLInterface defaultEditorToolsVisibility="variables">
                <GraphiQL.Logo>
                  <span />
                </GraphiQL.Logo>
                <Opening />
              </GraphiQLInterface>
            </Shown>
          </DocExplorerContextProvider>
        </HistoryContextProvider>
      </GraphiQLProvider>
    </>
  );
}

/** Waits until the panel is chosen: GraphiQL's layout asks but once, at the start, whether there is one to show. */
function Shown({ wanted, children }: PropsWithChildren<{ wanted: boolean }>) {
  const visible = usePluginStore((store) => store.visiblePlugin !== null);
  const [ready, setReady] = useState(!wanted);
  useEffect(() => {
    if (visible) setReady(true);
  }, [visible]);
  return ready ? children : null;
}

/** Runs what stands in the first tab, so that the page opens with an answer; never what would change something. */
function Opening() {
  const { queryEditor, responseEditor, variableEditor } = useEditorContext({ nonNull: true });
  const { run } = useExecutionContext({ nonNull: true });
  const done = useRef(false);
  useEffect(() => {
    if (done.current || !queryEditor || !responseEditor || !variableEditor) return;
    done.current = true;
    const asked = operations(queryEditor.getValue());
    if (asked.length > 0 && asked.every((each) => each.operation === "query")) run();
  }, [queryEditor, responseEditor, variableEditor, run]);
  return null;
}
