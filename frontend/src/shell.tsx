import { renderToStaticMarkup } from "react-dom/server";
import { App } from "./App";
import { ChatStoreContext } from "./hooks/storeContext";
import { createStaticStore } from "./store/staticStore";

/**
 * What the page draws first, as HTML: `index.html` holds it, so that it is painted before any script has run. It is made
 * when the page is built, by the page's own components. Nobody can write into it: the page will draw its own in its place.
 */
export function shell(): string {
  const store = createStaticStore();
  const markup = renderToStaticMarkup(
    <ChatStoreContext.Provider value={store}>
      <App />
    </ChatStoreContext.Provider>,
  );
  return `<div class="shell" inert>${markup.replace("<textarea ", "<textarea disabled ")}</div>`;
}
