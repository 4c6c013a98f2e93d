import { useEffect, type MouseEvent } from "react";
import { ChatView } from "./components/ChatView";
import { Header } from "./components/Header";
import { Sidebar } from "./components/Sidebar";
import { TokenDialog } from "./components/lazyParts";
import { useListVisibility } from "./components/useListVisibility";
import { useChatState } from "./hooks/storeContext";
import { useConversations } from "./hooks/useConversations";
import { useServer } from "./hooks/useServer";

/** Moves the focus as the link would, but leaves the address alone: it names the conversation. */
function skipToMain(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** The page: the conversation list, the bar above, and the conversation. */
export function App() {
  const list = useListVisibility();
  const { newConversation } = useConversations();
  const { needsToken } = useServer();
  const title = useChatState((state) => state.current.title);
  useEffect(() => {
    document.title = title ? `${title} · Rill` : "Rill";
  }, [title]);
  return (
    <div className="page" data-list={list.isOpen && !list.isDrawer ? "beside" : "hidden"}>
      <a className="skip-link" href="#main" onClick={skipToMain}>
        Skip to the conversation
      </a>
      {list.isOpen && <Sidebar isDrawer={list.isDrawer} onClose={list.close} />}
      <div className="page-main">
        <Header
          title={title ?? "New chat"}
          isListOpen={list.isOpen}
          onToggleList={list.toggle}
          onNewChat={newConversation}
        />
        <ChatView />
      </div>
      {needsToken && <TokenDialog />}
    </div>
  );
}
