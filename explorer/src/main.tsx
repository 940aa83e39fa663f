// Where the page starts.
import "graphiql/style.css";
import "./page.css";
import { createRoot } from "react-dom/client";
import { Page } from "./page";
import { refresh, start } from "./session";

const root = createRoot(document.getElementById("page")!);
start().then(
  (found) => {
    refresh(found.tokens);
    root.render(<Page start={found} />);
  },
  (error: unknown) => root.render(<p className="failed">The page could not start: {String(error)}</p>),
);
