/// What files are called.
extension DocumentFormat {
  static let otherMediaTypes: [String: DocumentFormat] = [
    "text/x-markdown": .markdown, "application/xhtml+xml": .html, "application/csv": .csv,
    "application/x-pdf": .pdf, "application/jsonl": .jsonLines, "application/x-jsonlines": .jsonLines,
    "application/x-yaml": .yaml, "text/yaml": .yaml, "text/x-yaml": .yaml,
    "application/x-zip-compressed": .zip,
    "application/javascript": .sourceCode, "application/x-sh": .sourceCode, "application/xml": .sourceCode,
    "text/javascript": .sourceCode, "text/css": .sourceCode, "text/xml": .sourceCode,
    "application/sql": .sourceCode, "application/toml": .sourceCode, "application/typescript": .sourceCode,
    "application/x-python": .sourceCode,
  ]

  static let byExtension: [String: DocumentFormat] = {
    let names: [(DocumentFormat, String)] = [
      (.markdown, "md markdown mdown mkd mdx"),
      (.plainText, "txt text rst adoc asciidoc org tex bib srt vtt eml"),
      (.html, "html htm xhtml xht"),
      (.pdf, "pdf"), (.docx, "docx docm dotx"), (.epub, "epub"),
      (.csv, "csv"), (.tsv, "tsv tab"),
      (.json, "json geojson ipynb jsonc json5"), (.jsonLines, "jsonl ndjson"), (.yaml, "yaml yml"),
      (.log, "log"), (.zip, "zip"),
      (.sourceCode, codeExtensions),
    ]
    return names.reduce(into: [:]) { table, entry in
      for name in entry.1.split(separator: " ") { table[String(name)] = entry.0 }
    }
  }()

  /// Programming and markup languages, by the extensions that are usual for them.
  private static let codeExtensions = """
    swift c h cc cpp cxx hpp hh hxx m mm java kt kts scala groovy gradle clj cljs cljc cs fs fsx vb go rs zig nim d v \
    py pyi pyx rb rake pl pm raku php lua tcl r jl dart ex exs erl hrl hs lhs elm ml mli f f90 f95 for pas ada adb ads \
    js mjs cjs jsx ts tsx vue svelte css scss sass less sql sh bash zsh fish ps1 bat cmd awk vim el lisp scm rkt \
    proto thrift graphql gql toml ini cfg conf properties xml xsl xsd svg cmake mk make dockerfile tf hcl nix asm s \
    patch diff cob cbl vhd vhdl sv sol wat glsl cu
    """

  /// Files that are text by custom though their names have no extension.
  static let textNames: Set<String> = [
    "README", "LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "CHANGELOG", "CHANGES", "NEWS", "NOTES",
    "AUTHORS",
    "CONTRIBUTING", "INSTALL", "TODO", "HISTORY", "THANKS", "FAQ",
  ]
  static let codeNames: Set<String> = [
    "makefile", "gnumakefile", "dockerfile", "containerfile", "rakefile", "gemfile", "jenkinsfile",
    "vagrantfile",
    "cmakelists.txt", "justfile", "procfile",
  ]
}
