import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { takeToken } from "./api/session";
import { App } from "./app/App";
import { applyTheme, chosenTheme } from "./app/theme";
import "./style/tokens.css";
import "./style/base.css";
import "./style/layout.css";

takeToken(window.location, window.history);
applyTheme(chosenTheme());
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
