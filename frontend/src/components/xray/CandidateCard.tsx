import { memo } from "react";
import type { Candidate } from "../../types/search";
import { PlaceLink } from "../PlaceLink";
import { documentAddress } from "../reader/PassageReader";
import type { RankChange, Scale } from "./SearchLab";

interface CandidateCardProps {
  readonly candidate: Candidate;
  /** Its place in the end, from 1. */
  readonly place: number;
  readonly change: RankChange;
  /** Its number among the sources of the answer that is explained. */
  readonly cited: number | null;
  readonly scale: Scale;
  readonly onOnly: ((document: { id: string; title: string }) => void) | null;
  readonly onLeave: () => void;
}

/** A passage that was considered: what each step thought of it, and what became of it. */
export const CandidateCard = memo(function CandidateCard(props: CandidateCardProps) {
  const { candidate, place, change, cited, scale, onOnly, onLeave } = props;
  const { document_id: id, title, locator, page, start, end, snippet, kept, reason } = candidate;
  const span = start === null || end === null ? null : { start, end };
  const where = [locator, page !== null && !/page/i.test(locator) ? `page ${page}` : ""].filter(Boolean);
  return (
    <li className="candidate" data-kept={kept} data-testid="candidate">
      <div className="candidate-head">
        <span className="candidate-place">{place}</span>
        <Change change={change} />
        <div className="candidate-name">
          <PlaceLink address={documentAddress(id, span)} className="candidate-title" onLeave={onLeave}>
            {title}
          </PlaceLink>
          {where.length > 0 && <span className="candidate-locator">{where.join(" · ")}</span>}
        </div>
        {cited !== null && <span className="chip">{`source ${cited}`}</span>}
        <span className={kept ? "chip kept" : "chip"}>{kept ? "kept" : "dropped"}</span>
      </div>
      <p className="candidate-snippet">{snippet}</p>
      <dl className="steps">
        <Step name="Words" rank={candidate.bm25_rank} score={candidate.bm25_score} best={scale.bm25} />
        <Step
          name="Meaning"
          rank={candidate.vector_rank}
          score={candidate.vector_score}
          best={scale.vector}
        />
        <Step name="Joined" rank={candidate.fused_rank} score={candidate.fused_score} best={scale.fused} />
        <Step
          name="Reranked"
          rank={candidate.rerank_rank}
          score={candidate.rerank_score}
          best={scale.rerank}
        />
      </dl>
      <p className="candidate-reason">
        {reason}
        {onOnly && (
          <button type="button" className="quiet-button" onClick={() => onOnly({ id, title })}>
            Only this document
          </button>
        )}
      </p>
    </li>
  );
});

interface StepProps {
  readonly name: string;
  readonly rank: number | null;
  readonly score: number | null;
  readonly best: number;
}

/** The place that one step gave, and its score as a bar beside the best one. */
function Step({ name, rank, score, best }: StepProps) {
  const share = score === null || best <= 0 ? 0 : Math.max(0.02, Math.min(1, score / best));
  return (
    <div className="step" data-none={rank === null}>
      <dt>{name}</dt>
      <dd>
        <span className="step-rank">{rank === null ? "–" : `#${rank}`}</span>
        {rank === null && <span className="visually-hidden">not found</span>}
        {score !== null && <span className="step-score">{formatScore(score)}</span>}
      </dd>
      <dd className="step-bar" aria-hidden="true">
        <span style={{ transform: `scaleX(${share.toFixed(3)})` }} />
      </dd>
    </div>
  );
}

/** Three figures that count. */
export function formatScore(score: number): string {
  const size = Math.abs(score);
  if (size >= 100) return score.toFixed(0);
  if (size >= 10) return score.toFixed(1);
  return size >= 0.1 || size === 0 ? score.toFixed(2) : score.toFixed(4);
}

/** How far the place has moved since the search before. */
function Change({ change }: { change: RankChange }) {
  if (change === null || change === 0) return null;
  if (change === "new") return <span className="change new">new</span>;
  const places = Math.abs(change);
  return (
    <span className={change > 0 ? "change up" : "change down"}>
      <span aria-hidden="true">{`${change > 0 ? "▲" : "▼"} ${places}`}</span>
      <span className="visually-hidden">{`${places} ${change > 0 ? "up" : "down"}`}</span>
    </span>
  );
}
