// index.html: index.template.html with the names that the bundle's files got.
//
// The template holds three comments: <!-- rill:head --> (what runs before the first paint, style sheets and preloads), <!--
// rill:shell --> (what is painted until the page has begun) and <!-- rill:script --> (the module that starts the page). No
// script or style is inlined: the page's Content-Security-Policy allows none.

const HEAD = "<!-- rill:head -->";
const SHELL = "<!-- rill:shell -->";
const SCRIPT = "<!-- rill:script -->";

/** The path on the server of an output of esbuild's, whose key is relative to the frontend folder. */
function served(key) {
  return key.replace(/^\.build/, "");
}

/** The chunks that the entry needs before it can run, itself not included. */
function staticImports(outputs, key, seen = new Set()) {
  for (const { path, kind } of outputs[key]?.imports ?? []) {
    if (kind !== "import-statement" || seen.has(path)) continue;
    seen.add(path);
    staticImports(outputs, path, seen);
  }
  return seen;
}

function scriptOf(outputs, entryPoint) {
  const key = Object.keys(outputs).find(
    (name) => outputs[name].entryPoint === entryPoint && name.endsWith(".js"),
  );
  if (key === undefined) throw new Error(`the bundle has no entry ${entryPoint}`);
  return key;
}

/** Fills the template. Throws when a place for the bundle is missing, or the bundle has no entry. */
export function renderIndex(template, { outputs }, shell) {
  const key = scriptOf(outputs, "src/main.tsx");
  const head = [`<script src="${served(scriptOf(outputs, "src/boot.ts"))}"></script>`];
  if (outputs[key].cssBundle) head.push(`<link rel="stylesheet" href="${served(outputs[key].cssBundle)}">`);
  for (const path of [...staticImports(outputs, key)].sort()) {
    head.push(`<link rel="modulepreload" href="${served(path)}">`);
  }
  const script = `<script type="module" src="${served(key)}"></script>`;
  let html = template;
  for (const [mark, text] of [
    [HEAD, head.join("\n    ")],
    [SHELL, shell],
    [SCRIPT, script],
  ]) {
    if (html.split(mark).length !== 2)
      throw new Error(`index.template.html must hold "${mark}" exactly once`);
    html = html.replace(mark, () => text);
  }
  return html;
}
