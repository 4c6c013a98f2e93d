/**
 * The documents' part of the page's state. It is loaded with the first component that needs it; there is one store of
 * documents for each store of conversations, made when it is first asked for.
 */
import type { ChatStore } from "../store";
import { DocumentsStore } from "./documentsStore";
import { sendForm } from "./sendForm";

export { DocumentsStore, type DocumentsState } from "./documentsStore";

const stores = new WeakMap<ChatStore, DocumentsStore>();

export function documentsOf(chat: ChatStore): DocumentsStore {
  const known = stores.get(chat);
  if (known) return known;
  const store = new DocumentsStore(chat, sendForm);
  stores.set(chat, store);
  window.addEventListener("beforeunload", (event) => {
    // What is still being sent would be lost.
    if (store.isSending) event.preventDefault();
  });
  return store;
}
