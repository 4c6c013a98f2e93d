import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore, type RefObject } from "react";
import { ContentWindow, type ContentState } from "../../documents/contentWindow";
import type { ContentAnchor, DocumentsAPI } from "../../documents/documentsAPI";
import { useDocumentsStore } from "../../hooks/useDocuments";

export interface Content {
  readonly state: ContentState;
  readonly window: ContentWindow;
  readonly api: DocumentsAPI;
}

/** The text of a document, as far as it is here. It is opened at `anchor`, and again when that is another one. */
export function useContent(id: string, anchor: ContentAnchor): Content {
  const { api } = useDocumentsStore();
  const [content, setContent] = useState(() => ({ id, window: new ContentWindow(api, id) }));
  if (content.id !== id) setContent({ id, window: new ContentWindow(api, id) });
  const { window } = content;
  const state = useSyncExternalStore(window.subscribe, window.getState);
  const key = JSON.stringify(anchor);
  useEffect(() => void window.open(JSON.parse(key) as ContentAnchor), [window, key]);
  return { state, window, api };
}

/** How near the ends of the text, in pixels, the next part is fetched. */
const NEAR = 1200;

/**
 * Lets a text grow while it is read, without moving what is being read, and shows a newly opened part at its mark, or
 * at its beginning.
 */
export function useGrowingText(
  scroller: RefObject<HTMLElement>,
  { state, window }: Content,
  /** Whether the text is what is drawn: it may give way to something else, and is shown at its mark again then. */
  isDrawn: boolean,
): void {
  const { opened, from, blocks } = state;
  const before = useRef({ height: 0, from: 0, opened: 0 });
  useLayoutEffect(() => {
    const view = scroller.current;
    if (!view || !isDrawn) {
      before.current.opened = 0;
      return;
    }
    const last = before.current;
    if (opened !== last.opened) showMark(view);
    else if (from < last.from) view.scrollTop += view.scrollHeight - last.height;
    before.current = { height: view.scrollHeight, from, opened };
  }, [scroller, opened, from, blocks, isDrawn]);
  useEffect(() => {
    const view = scroller.current;
    if (!view) return;
    const look = (): void => {
      const { scrollTop, scrollHeight, clientHeight } = view;
      before.current.height = scrollHeight;
      if (scrollTop < NEAR) void window.more("up");
      if (scrollHeight - clientHeight - scrollTop < NEAR) void window.more("down");
    };
    look();
    view.addEventListener("scroll", look, { passive: true });
    return () => view.removeEventListener("scroll", look);
  }, [scroller, window, blocks, isDrawn]);
}

/** Brings the passage a third below the top, where the eye is. Without one the text is shown from its beginning. */
export function showMark(view: HTMLElement): void {
  const mark = view.querySelector<HTMLElement>(".passage, .passage-row");
  if (!mark) {
    view.scrollTop = 0;
    return;
  }
  const offset = mark.getBoundingClientRect().top - view.getBoundingClientRect().top;
  view.scrollTop += offset - view.clientHeight / 4;
}
