import Graph

/// What a question asks for: its words by weight, and its form.
struct QuestionTerms {
  /// A word of the question that a sentence can hold.
  struct Term: Hashable {
    let stem: String
    /// Stems that say nearly the same in documents about software and everyday matters.
    let alternatives: Set<String>
    /// How much the word matters before its rarity is known.
    let weight: Double
  }

  /// What an answer looks like.
  enum Form {
    case definition, instruction, quantity, reason, other
  }

  let terms: [Term]
  let form: Form

  /// - Parameters:
  ///   - question: as the user asked it.
  ///   - query: the question with the words it leans on from earlier in the conversation.
  init(question: String, query: String) {
    let words = TextAnalysis.words(in: question)
    form = Self.form(words.map(\.text))
    let own = TextAnalysis.contentWords(in: question)
    let focus = Self.focus(words)
    let borrowed = TextAnalysis.contentWords(in: query).filter { !$0.isStopWord }
    var terms: [Term] = []
    for (words, share) in [(own, 1.0), (borrowed, 0.7)] {
      for word in words where !terms.contains(where: { $0.stem == word.stem }) {
        let weight = word == focus ? 1.4 : Self.weakStems.contains(word.stem) ? 0.35 : 1
        terms.append(
          Term(stem: word.stem, alternatives: Self.alternatives[word.stem] ?? [], weight: weight * share))
      }
    }
    self.terms = terms
  }

  /// The word that says what kind of thing is asked for: "browsers" in "which browsers are supported".
  private static func focus(_ words: [TextAnalysis.Word]) -> TextAnalysis.Word? {
    guard let first = words.first?.text, ["which", "what", "whose"].contains(first), words.count > 2,
      let second = words.dropFirst().first, !second.isStopWord
    else { return nil }
    // In "which file types" it is the last noun that counts, but each of them helps to find it.
    return second
  }

  private static func form(_ words: [String]) -> Form {
    let opening = words.prefix(2).joined(separator: " ")
    switch words.first {
    case "how"
    where ["many", "much", "long", "large", "big", "often", "fast", "old"].contains(
      words.dropFirst().first ?? ""):
      return .quantity
    case "how": return .instruction
    case "why": return .reason
    case "when": return .quantity
    case "what" where opening == "what is" || opening == "what are", "who",
      "define":
      return .definition
    default: return .other
    }
  }

  /// Verbs that open questions of any kind: they are in every document and tell little.
  private static let weakStems: Set<String> = Set(
    [
      "use", "work", "get", "make", "want", "need", "do", "find", "give", "help", "happen", "mean",
      "possible", "way",
      "thing", "show", "see", "exist", "go", "say", "let", "like", "name", "kind", "example", "have",
      "support",
    ]
    .map(PorterStemmer.stem))

  /// Words that documents and their readers use for the same thing. Within a group each stands for the
  /// others.
  private static let groups: [[String]] = [
    ["change", "set", "configure", "configuration", "setting", "adjust", "modify", "customize", "option"],
    ["delete", "remove", "erase", "uninstall", "clear"],
    ["install", "setup", "download", "build"],
    ["start", "run", "launch", "begin", "serve", "boot"],
    ["stop", "cancel", "abort", "end", "quit", "interrupt"],
    ["add", "upload", "ingest", "import", "insert", "index", "read"],
    ["store", "save", "keep", "data", "persist", "storage"],
    ["error", "fail", "failure", "problem", "broken", "crash"],
    ["folder", "directory", "path", "location"],
    ["picture", "image", "photo", "screenshot"],
    ["fast", "speed", "performance", "latency", "quick"],
    ["safe", "secure", "security", "protect", "private", "privacy"],
    ["password", "token", "key", "secret", "credential"],
    ["cost", "price", "free", "pay", "money"],
    ["license", "licence"],
    ["doc", "document", "documentation", "file"],
    ["connect", "connection", "link", "attach"],
    ["require", "requirement", "need", "prerequisite", "must"],
    ["support", "compatible", "available", "work"],
    ["default", "standard", "usual", "initially"],
    ["update", "upgrade"],
    ["show", "display", "print", "list"],
    ["create", "make", "generate", "write", "new"],
    ["author", "write", "make", "develop", "creator"],
  ]

  private static let alternatives: [String: Set<String>] = {
    var result: [String: Set<String>] = [:]
    for group in groups {
      let stems = Set(group.map(PorterStemmer.stem))
      for stem in stems { result[stem, default: []].formUnion(stems.subtracting([stem])) }
    }
    return result
  }()
}
