import { useCallback, useEffect } from "react";
import { useServer } from "../hooks/useServer";
import { useStreamingChat } from "../hooks/useStreamingChat";
import { Composer } from "./Composer";
import { Announcer, ChatNotices, EmptyState, JumpButton, LoadState } from "./lazyParts";
import { Messages } from "./Messages";
import { useStickToBottom } from "./useStickToBottom";

/** The open conversation and the place to write. */
export function ChatView() {
  const chat = useStreamingChat();
  const { conversation, run, active } = chat;
  const { online } = useServer();
  const { scroller, content, isAway, jump } = useStickToBottom();
  const isEmpty = conversation.status === "ready" && conversation.messages.length === 0 && !active;

  useEscapeStops(active, chat.stop);
  // A conversation is opened at its end, and one's own question is always followed.
  useEffect(() => jump(), [jump, conversation.id, conversation.status]);
  const { edit: editMessage } = chat;
  const send = (text: string): boolean => {
    const isSent = chat.send(text);
    if (isSent) jump();
    return isSent;
  };
  const edit = useCallback(
    (id: string, text: string): boolean => {
      const isSent = editMessage(id, text);
      if (isSent) jump();
      return isSent;
    },
    [editMessage, jump],
  );

  return (
    <main id="main" className="chat" tabIndex={-1} data-empty={isEmpty}>
      <div className="scroller-frame">
        <div ref={scroller} className="scroller" tabIndex={0} role="region" aria-label="Conversation">
          <div ref={content} className="column">
            {conversation.status === "ready" ? (
              <>
                {isEmpty && <EmptyState isDisabled={active} onAsk={send} />}
                <Messages
                  key={conversation.id ?? "new"}
                  messages={conversation.messages}
                  versions={conversation.versions}
                  run={run}
                  earlier={conversation.earlier}
                  onLoadEarlier={chat.loadEarlier}
                  onRetry={chat.canRetry ? chat.retry : null}
                  onContinue={chat.canContinue ? chat.continueAnswer : null}
                  onTryNow={chat.retryNow}
                  onCancelRetry={chat.cancelRetry}
                  onEdit={active ? null : edit}
                  onRegenerate={active ? null : chat.regenerate}
                  onShowVersion={active ? null : chat.showVersion}
                />
              </>
            ) : (
              <LoadState conversation={conversation} onReload={chat.reload} />
            )}
          </div>
        </div>
        {isAway && <JumpButton onJump={() => jump(true)} />}
      </div>
      <div className="dock">
        <div className="column">
          <ChatNotices
            isOffline={!online && !run.reconnect}
            notice={conversation.notice}
            onDismiss={chat.dismissNotice}
          />
          <Composer
            conversationId={conversation.id}
            isActive={active}
            isStopping={run.status === "stopping"}
            returned={conversation.returnedDraft}
            takeReturned={chat.takeDraft}
            onSend={send}
            onStop={chat.stop}
          />
        </div>
      </div>
      <Announcer run={run} />
    </main>
  );
}

/** Esc stops the answer from anywhere on the page, unless a dialog is open: there it closes the dialog. */
function useEscapeStops(isActive: boolean, stop: () => void): void {
  useEffect(() => {
    if (!isActive) return;
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
      if (document.querySelector("dialog[open]")) return;
      event.preventDefault();
      stop();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [isActive, stop]);
}
