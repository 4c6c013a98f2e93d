import "./prism";
import Prism from "prismjs";
import "prismjs/components/prism-bash";
import "prismjs/components/prism-c";
import "prismjs/components/prism-cpp";
import "prismjs/components/prism-csharp";
import "prismjs/components/prism-diff";
import "prismjs/components/prism-docker";
import "prismjs/components/prism-go";
import "prismjs/components/prism-http";
import "prismjs/components/prism-ini";
import "prismjs/components/prism-java";
import "prismjs/components/prism-json";
import "prismjs/components/prism-jsx";
import "prismjs/components/prism-kotlin";
import "prismjs/components/prism-makefile";
import "prismjs/components/prism-markdown";
import "prismjs/components/prism-nginx";
import "prismjs/components/prism-python";
import "prismjs/components/prism-ruby";
import "prismjs/components/prism-rust";
import "prismjs/components/prism-sql";
import "prismjs/components/prism-swift";
import "prismjs/components/prism-toml";
import "prismjs/components/prism-typescript";
import "prismjs/components/prism-tsx";
import "prismjs/components/prism-yaml";
import { memo, useMemo, type ReactNode } from "react";

const aliases: Readonly<Record<string, string>> = { zsh: "bash", console: "bash" };

/** Code in colours: Prism's tokens as elements. */
export default memo(function HighlightedCode({ code, language }: { code: string; language: string }) {
  const content = useMemo(() => {
    const key = language.toLowerCase();
    const grammar = Prism.languages[aliases[key] ?? key];
    return typeof grammar === "object" ? elements(Prism.tokenize(code, grammar)) : code;
  }, [code, language]);
  return <>{content}</>;
});

function elements(stream: Prism.TokenStream): ReactNode {
  if (typeof stream === "string") return stream;
  if (!Array.isArray(stream)) return elements([stream]);
  return stream.map((token, index) =>
    typeof token === "string" ? (
      token
    ) : (
      <span key={index} className={`token ${token.type}`}>
        {elements(token.content)}
      </span>
    ),
  );
}
