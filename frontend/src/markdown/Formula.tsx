import { LazyPart } from "../components/LazyPart";
import { lazyOf, loadPart } from "../components/loadPart";

const TypesetFormula = lazyOf(
  loadPart(() => import("./TypesetFormula")),
  "default",
);

/** A formula. Its source stands in until the typesetter has loaded, and for good when that fails. */
export function Formula({ tex, display, source }: { tex: string; display: boolean; source: string }) {
  const plain = <code className="formula-source">{source.trim()}</code>;
  const formula = (
    <LazyPart fallback={plain}>
      <TypesetFormula tex={tex} display={display} />
    </LazyPart>
  );
  return display ? <div className="formula scroll-x">{formula}</div> : formula;
}
