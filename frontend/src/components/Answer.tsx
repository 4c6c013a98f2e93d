import { memo, useCallback, useMemo, useState } from "react";
import type { Growth } from "../markdown/blockReader";
import { CitationContext, type Citations } from "../markdown/citations";
import type { Version } from "../store/messageTree";
import type { RunState } from "../stream/runState";
import type { Message } from "../types/rest";
import type { Source } from "../types/streaming";
import { AnswerText } from "./AnswerText";
import { FinishedFoot } from "./FinishedFoot";
import { RunningFoot } from "./RunningFoot";
import { SourcePanel } from "./lazyParts";
import { StageWarnings } from "./StageWarnings";
import { Sources } from "./Sources";
import type { TurnActions } from "./turnActions";
import { useRemoved } from "./useRemoved";
import { XrayDialog } from "./documents/loadDocuments";

interface AnswerProps {
  /** The run that writes it, or the message that it has become. */
  readonly content: { readonly run: RunState } | { readonly message: Message };
  /** What it answers. */
  readonly question: string;
  readonly isLatest: boolean;
  readonly version: Version | null;
  readonly actions: TurnActions;
}

const noSources: readonly Source[] = [];

/**
 * An answer, running or finished. It is one component for both, so that nothing is drawn anew when it ends, and the
 * Markdown reader goes on from where it was.
 */
export const Answer = memo(function Answer(props: AnswerProps) {
  const { content, question, isLatest, version, actions } = props;
  const isLive = "run" in content;
  const text = isLive ? content.run.text : content.message.content;
  const known = (isLive ? content.run.sources : content.message.sources) ?? noSources;
  const sources = useRemoved(known);
  const warnings = isLive ? content.run.warnings : content.message.warnings;
  const [isExplained, setExplained] = useState(false);
  const [shown, setShown] = useState<number | null>(null);
  const open = useCallback((number: number) => setShown(number), []);
  const citations = useCitations(sources, open);
  return (
    <article
      className="answer"
      data-testid="answer"
      data-status={isLive ? "running" : content.message.status}
    >
      <h2 className="visually-hidden">Answer</h2>
      <CitationContext.Provider value={citations}>
        {text !== "" && (
          <AnswerText text={text} isLive={isLive} growth={isLive ? growthOf(content.run) : null} />
        )}
      </CitationContext.Provider>
      {!isLive && text !== "" && (
        <Sources sources={sources} onOpen={open} onExplain={() => setExplained(true)} />
      )}
      {isLive ? (
        <RunningFoot run={content.run} onTryNow={actions.onTryNow} onCancelRetry={actions.onCancelRetry} />
      ) : (
        <FinishedFoot message={content.message} isLatest={isLatest} version={version} actions={actions} />
      )}
      {warnings && warnings.length > 0 && <StageWarnings warnings={warnings} />}
      {isExplained && (
        <XrayDialog question={question} sources={sources} onClose={() => setExplained(false)} />
      )}
      {shown !== null && (
        <SourcePanel sources={sources} number={shown} onShow={setShown} onClose={() => setShown(null)} />
      )}
    </article>
  );
});

function growthOf({ runId, textEpoch, tail }: RunState): Growth {
  return { of: `${runId} ${textEpoch}`, tail };
}

function useCitations(sources: readonly Source[], open: Citations["open"]): Citations {
  return useMemo(() => {
    const titles = new Map(sources.map((source) => [source.number, source.title]));
    const removed = new Set(sources.filter((source) => source.removed).map((source) => source.number));
    return {
      has: (number) => titles.has(number),
      title: (number) => titles.get(number) ?? "",
      isRemoved: (number) => removed.has(number),
      open,
    };
  }, [sources, open]);
}
