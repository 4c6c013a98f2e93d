import type { FusionMethod, SearchQuery, SearchSettings } from "../../types/search";
import { useDocumentsState } from "../../hooks/useDocuments";

/** What the user has chosen otherwise than the server would. */
export type SearchChoice = Omit<SearchQuery, "q" | "documents">;

interface SearchControlsProps {
  /** What the last search was done with. */
  readonly settings: SearchSettings | null;
  readonly choice: SearchChoice;
  readonly onChoose: (choice: SearchChoice) => void;
}

const LIMITS = [3, 5, 8, 10, 15, 20];
const CANDIDATES = [20, 50, 100, 200];

/** The settings of a search, at first the server's own. */
export function SearchControls({ settings, choice, onChoose }: SearchControlsProps) {
  const folders = useDocumentsState((state) => state.folders);
  const choose = (part: SearchChoice): void => onChoose({ ...choice, ...part });
  const balance = choice.balance ?? balanceOf(settings);
  const limit = choice.limit ?? settings?.limit ?? 5;
  const candidates = choice.candidates ?? settings?.candidates ?? 50;
  const isChanged = Object.keys(choice).length > 0;
  return (
    <div className="lab-controls" role="group" aria-label="Settings of the search">
      <label className="control wide" title="How much similar words and similar meaning count.">
        <span>Words or meaning</span>
        <span className="balance">
          <span aria-hidden="true">Words</span>
          <input
            type="range"
            min="0"
            max="100"
            step="5"
            aria-label="From words only to meaning only"
            aria-valuetext={`${Math.round(100 - balance * 100)} % words, ${Math.round(balance * 100)} % meaning`}
            value={Math.round(balance * 100)}
            onChange={(event) => choose({ balance: Number(event.target.value) / 100 })}
          />
          <span aria-hidden="true">Meaning</span>
        </span>
      </label>
      <label className="control" title="How the two rankings become one: by places, or by scores.">
        <span>Joined by</span>
        <select
          className="field"
          value={choice.method ?? settings?.method ?? "rrf"}
          onChange={(event) => choose({ method: event.target.value as FusionMethod })}
        >
          <option value="rrf">places (RRF)</option>
          <option value="sum">scores (sum)</option>
        </select>
      </label>
      <NumberChoice
        name="Kept"
        title="How many passages an answer would be given."
        value={limit}
        choices={LIMITS}
        onChange={(next) => choose({ limit: next })}
      />
      <NumberChoice
        name="Considered"
        title="How many passages are looked at."
        value={candidates}
        choices={CANDIDATES}
        onChange={(next) => choose({ candidates: next })}
      />
      {folders.length > 0 && (
        <label className="control">
          <span>Folder</span>
          <select
            className="field"
            value={choice.folder ?? ""}
            onChange={(event) => {
              const { folder: _, ...rest } = choice;
              onChoose(event.target.value === "" ? rest : { ...rest, folder: event.target.value });
            }}
          >
            <option value="">All folders</option>
            {folders.map((folder) => (
              <option key={folder} value={folder}>
                {folder}
              </option>
            ))}
          </select>
        </label>
      )}
      <label className="control check" title="A second, closer look at the candidates.">
        <input
          type="checkbox"
          checked={choice.rerank ?? settings?.rerank ?? true}
          onChange={(event) => choose({ rerank: event.target.checked })}
        />
        <span>Rerank</span>
      </label>
      {isChanged && (
        <button type="button" className="quiet-button" onClick={() => onChoose({})}>
          Rill’s own settings
        </button>
      )}
    </div>
  );
}

interface NumberChoiceProps {
  readonly name: string;
  readonly title: string;
  readonly value: number;
  readonly choices: readonly number[];
  readonly onChange: (value: number) => void;
}

function NumberChoice({ name, title, value, choices, onChange }: NumberChoiceProps) {
  const all = choices.includes(value) ? choices : [...choices, value].sort((a, b) => a - b);
  return (
    <label className="control" title={title}>
      <span>{name}</span>
      <select className="field" value={value} onChange={(event) => onChange(Number(event.target.value))}>
        {all.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The share of meaning in the two weights; in the middle as long as nothing is known. */
export function balanceOf(settings: SearchSettings | null): number {
  const sum = (settings?.word_weight ?? 0) + (settings?.meaning_weight ?? 0);
  return settings === null || sum <= 0 ? 0.5 : settings.meaning_weight / sum;
}
