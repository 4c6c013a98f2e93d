import { useEffect, useRef, useState } from "react";
import { sentenceFor } from "../../api/errors";
import type { DocumentsAPI } from "../../documents/documentsAPI";
import type { PageInfo } from "../../types/documents";
import { NextIcon, PreviousIcon } from "../partIcons";

interface PageViewProps {
  readonly api: DocumentsAPI;
  readonly id: string;
  readonly title: string;
  /** The page that is shown, from 1. */
  readonly page: number;
  readonly pageCount: number;
  /** The passage that is marked, in bytes of the document's text. */
  readonly span: { readonly start: number; readonly end: number } | null;
  readonly onShow: (page: number) => void;
}

interface Loaded {
  readonly key: string;
  readonly info: PageInfo | null;
  readonly image: string | null;
  readonly problem: string | null;
}

const NOTHING: Loaded = { key: "", info: null, image: null, problem: null };

/** A page of a PDF as a picture, with the passage marked on it. */
export function PageView({ api, id, title, page, pageCount, span, onShow }: PageViewProps) {
  const frame = useRef<HTMLDivElement>(null);
  const key = `${id} ${page} ${span?.start ?? ""} ${span?.end ?? ""}`;
  const [loaded, setLoaded] = useState(NOTHING);
  const [start, end] = [span?.start, span?.end];
  useEffect(() => {
    let isWanted = true;
    const marked = start === undefined || end === undefined ? null : { start, end };
    load(api, id, page, marked).then(
      (result) => isWanted && setLoaded({ key, problem: null, ...result }),
      (error: unknown) => isWanted && setLoaded({ ...NOTHING, key, problem: sentenceFor(error) }),
    );
    return () => {
      isWanted = false;
    };
  }, [api, id, page, start, end, key]);
  const { info, image, problem } = loaded;
  const isReady = loaded.key === key;
  useEffect(() => {
    const view = frame.current;
    const mark = view?.querySelector<HTMLElement>(".page-mark");
    if (!view || !isReady) return;
    view.scrollTop = mark ? mark.offsetTop - view.clientHeight / 4 : 0;
  }, [isReady]);
  return (
    <div className="page-view">
      <div
        ref={frame}
        className="page-frame"
        tabIndex={0}
        role="group"
        aria-label={`Page ${page}`}
        aria-busy={!isReady}
      >
        {problem && isReady ? (
          <p className="reader-problem" role="alert">
            {problem}
          </p>
        ) : (
          image && (
            <div className="page-sheet" data-loading={!isReady} data-testid="page-sheet">
              <img src={image} alt={`Page ${info?.page ?? page} of ${title}`} />
              {info?.highlights.map((mark, index) => (
                <span key={index} className="page-mark" style={placeOf(mark)} data-testid="page-mark" />
              ))}
            </div>
          )
        )}
        {!image && !problem && <div className="page-sheet waiting" />}
      </div>
      <div className="page-steps">
        <button
          type="button"
          className="icon-button"
          aria-label="Previous page"
          disabled={page <= 1}
          onClick={() => onShow(page - 1)}
        >
          <PreviousIcon />
        </button>
        <span className="page-count" aria-live="polite">{`Page ${page} of ${pageCount}`}</span>
        <button
          type="button"
          className="icon-button"
          aria-label="Next page"
          disabled={page >= pageCount}
          onClick={() => onShow(page + 1)}
        >
          <NextIcon />
        </button>
      </div>
    </div>
  );
}

/** Pixels across; the server has the picture in this width for every reader. */
const WIDTH = 1200;

async function load(
  api: DocumentsAPI,
  id: string,
  page: number,
  span: { start: number; end: number } | null,
): Promise<{ info: PageInfo; image: string }> {
  const [info, picture] = await Promise.all([api.page(id, page, span), api.pageImage(id, page, WIDTH)]);
  return { info, image: await dataURL(picture) };
}

/** The page's security policy allows pictures from the server and in data URLs, but not in others. */
function dataURL(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result)));
    reader.addEventListener("error", () =>
      reject(reader.error ?? new Error("The picture could not be read.")),
    );
    reader.readAsDataURL(blob);
  });
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(3)}%`;
}

function placeOf({ x, y, width, height }: PageInfo["highlights"][number]) {
  return { left: percent(x), top: percent(y), width: percent(width), height: percent(height) };
}
