import { useEffect, useRef, useState } from "react";
import { useNow } from "../hooks/useNow";
import { elapsedMs, type RunState } from "../stream/runState";
import { formatElapsed } from "./durations";
import { phaseDetail, phasesOf, sentenceOf } from "./stageText";
import { useShownPhase } from "./useShownPhase";

/** What the running answer is doing and for how long. Only a change of stage is announced, not the clock. */
export function StageIndicator({ run }: { run: RunState }) {
  const phase = useShownPhase(phasesOf(run));
  const now = useNow(true, 100);
  const text = sentenceOf(run, phase);
  const leaving = usePrevious(text);
  const detail = phaseDetail(run, phase);
  return (
    <div className="stage-line">
      <Waves />
      <div role="status" data-testid="stage" data-stage={phase} className="stage">
        {/* The old text is drawn by CSS from the attribute: on the page there is one text at a time. */}
        <span key={text} className="stage-text" data-leaving={leaving}>
          {text}
        </span>
      </div>
      <span className="stage-facts" aria-hidden="true">
        {detail && <span className="stage-detail">{detail}</span>}
        <span className="stage-time">{formatElapsed(elapsedMs(run, now))}</span>
      </span>
    </div>
  );
}

function Waves() {
  return (
    <svg className="waves" viewBox="0 0 24 16" width="24" height="16" fill="none" aria-hidden="true">
      <path d="M-12 5.5c2-3 4-3 6 0s4 3 6 0 4-3 6 0 4 3 6 0 4-3 6 0 4 3 6 0 4-3 6 0" />
      <path d="M-12 11c2-3 4-3 6 0s4 3 6 0 4-3 6 0 4 3 6 0 4-3 6 0 4 3 6 0 4-3 6 0" />
    </svg>
  );
}

/** The value before the present one; undefined at first. */
function usePrevious(value: string): string | undefined {
  const [previous, setPrevious] = useState<string>();
  const current = useRef(value);
  useEffect(() => {
    if (current.current === value) return;
    setPrevious(current.current);
    current.current = value;
  }, [value]);
  return previous === value ? undefined : previous;
}
