import { PanelIcon, PlusIcon } from "./icons";
import { ModelBadge, ThemeToggle } from "./lazyParts";

interface HeaderProps {
  readonly title: string;
  readonly isListOpen: boolean;
  readonly onToggleList: () => void;
  readonly onNewChat: () => void;
}

/** The bar above the conversation. */
export function Header({ title, isListOpen, onToggleList, onNewChat }: HeaderProps) {
  const listLabel = isListOpen ? "Hide conversations" : "Show conversations";
  return (
    <header className="header">
      <button
        type="button"
        className="icon-button"
        aria-label={listLabel}
        aria-expanded={isListOpen}
        title={listLabel}
        onClick={onToggleList}
      >
        <PanelIcon />
      </button>
      <h1 className="header-title">{title}</h1>
      <ModelBadge />
      <ThemeToggle />
      {!isListOpen && (
        <button
          type="button"
          className="icon-button"
          aria-label="New chat"
          title="New chat"
          onClick={onNewChat}
        >
          <PlusIcon />
        </button>
      )}
    </header>
  );
}
