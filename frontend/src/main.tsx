import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { loadMarkdown } from "./components/AnswerText";
import { Crash } from "./components/Crash";
import { ErrorBoundary } from "./components/ErrorBoundary";
import { loadParts } from "./components/lazyParts";
import { ChatStoreContext } from "./hooks/storeContext";
import { createChatStore } from "./store";
import "./styles/index.css";

const root = document.getElementById("root");
if (root) {
  // What is soon needed is fetched now. A failure is no matter here: it is asked for again when it is needed.
  const parts = loadParts().then(({ startTheme }) => startTheme());
  Promise.all([parts, loadMarkdown()]).catch(() => {});
  const store = createChatStore();
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary fallback={<Crash />}>
        <ChatStoreContext.Provider value={store}>
          <App />
        </ChatStoreContext.Provider>
      </ErrorBoundary>
    </StrictMode>,
  );
  store.start();
}
