import "./prism";
import Prism from "prismjs";
import "prismjs/components/prism-bash.js";
import "prismjs/components/prism-c.js";
import "prismjs/components/prism-cpp.js";
import "prismjs/components/prism-csharp.js";
import "prismjs/components/prism-diff.js";
import "prismjs/components/prism-docker.js";
import "prismjs/components/prism-go.js";
import "prismjs/components/prism-http.js";
import "prismjs/components/prism-ini.js";
import "prismjs/components/prism-java.js";
import "prismjs/components/prism-json.js";
import "prismjs/components/prism-jsx.js";
import "prismjs/components/prism-kotlin.js";
import "prismjs/components/prism-makefile.js";
import "prismjs/components/prism-markdown.js";
import "prismjs/components/prism-nginx.js";
import "prismjs/components/prism-python.js";
import "prismjs/components/prism-ruby.js";
import "prismjs/components/prism-rust.js";
import "prismjs/components/prism-sql.js";
import "prismjs/components/prism-swift.js";
import "prismjs/components/prism-toml.js";
import "prismjs/components/prism-typescript.js";
import "prismjs/components/prism-tsx.js";
import "prismjs/components/prism-yaml.js";
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
