import { useEffect, type MouseEvent } from "react";
import { ChatView } from "./components/ChatView";
import { Header } from "./components/Header";
import { DropZone, PlaceView, Sidebar, TokenDialog } from "./components/lazyParts";
import { useListVisibility } from "./components/useListVisibility";
import { useChatState } from "./hooks/storeContext";
import { useConversations } from "./hooks/useConversations";
import { useServer } from "./hooks/useServer";

/** Moves the focus as the link would, but leaves the address alone: it names the conversation. */
function skipToMain(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function placeTitle(path: string): string {
  return path.startsWith("/search") ? "Search" : "Documents";
}

/** The page: the conversation list, the bar above, and the conversation. */
export function App() {
  const list = useListVisibility();
  const { newConversation } = useConversations();
  const { needsToken } = useServer();
  const conversation = useChatState((state) => state.current.title);
  const place = useChatState((state) => state.place);
  const title = place === null ? (conversation ?? "New chat") : placeTitle(place.path);
  useEffect(() => {
    document.title = place === null && conversation === null ? "Rill" : `${title} · Rill`;
  }, [title, place, conversation]);
  return (
    <div className="page" data-list={list.isOpen && !list.isDrawer ? "beside" : "hidden"}>
      <a className="skip-link" href="#main" onClick={skipToMain}>
        {place === null ? "Skip to the conversation" : "Skip to the content"}
      </a>
      {list.isOpen && <Sidebar isDrawer={list.isDrawer} onClose={list.close} />}
      <div className="page-main">
        <Header
          title={title}
          isListOpen={list.isOpen}
          onToggleList={list.toggle}
          onNewChat={newConversation}
        />
        {place === null ? <ChatView /> : <PlaceView place={place} />}
      </div>
      <DropZone />
      {needsToken && <TokenDialog />}
    </div>
  );
}
