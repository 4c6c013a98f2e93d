import { useConversations } from "../hooks/useConversations";
import { ConversationList } from "./ConversationList";
import { Dialog } from "./Dialog";
import { PlusIcon } from "./icons";
import { CloseIcon, DocumentsIcon, RillMark } from "./partIcons";
import { PlaceLink } from "./PlaceLink";

interface SidebarProps {
  /** On narrow screens the list lies over the conversation. */
  readonly isDrawer: boolean;
  readonly onClose: () => void;
}

const stay = (): void => {};

/** The conversation list: beside the conversation, or a drawer over it. */
export function Sidebar({ isDrawer, onClose }: SidebarProps) {
  if (!isDrawer) {
    return (
      <aside className="sidebar" aria-label="Rill">
        <SidebarContent onLeave={stay} onClose={null} />
      </aside>
    );
  }
  return (
    <Dialog label="Conversations" className="drawer" onClose={onClose}>
      <SidebarContent onLeave={onClose} onClose={onClose} />
    </Dialog>
  );
}

function SidebarContent({ onLeave, onClose }: { onLeave: () => void; onClose: (() => void) | null }) {
  const { newConversation } = useConversations();
  return (
    <>
      <div className="sidebar-head">
        <span className="brand">
          <RillMark />
          Rill
        </span>
        {onClose && (
          <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
            <CloseIcon />
          </button>
        )}
      </div>
      <button
        type="button"
        className="new-chat"
        onClick={() => {
          newConversation();
          onLeave();
        }}
      >
        <PlusIcon />
        New chat
      </button>
      <PlaceLink address="/documents" onLeave={onLeave}>
        <DocumentsIcon />
        Documents
      </PlaceLink>
      <ConversationList onLeave={onLeave} />
    </>
  );
}
