import katex from "katex";
import { useLayoutEffect, useRef } from "react";

/** Typesets TeX as MathML, which needs no style sheet and no fonts. KaTeX builds nodes, not HTML text. */
export default function TypesetFormula({ tex, display }: { tex: string; display: boolean }) {
  const host = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    if (!host.current) return;
    katex.render(tex, host.current, {
      displayMode: display,
      output: "mathml",
      throwOnError: false,
      trust: false,
    });
  }, [tex, display]);
  return <span ref={host} />;
}
