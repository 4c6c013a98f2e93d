import Graph

/// A user's text as an FTS5 query that cannot be a syntax error.
///
/// Every word becomes a quoted string, so none of FTS5's operators can come from the user; the words are joined with OR,
/// and BM25 puts the passages first that have more and rarer ones.
struct FullTextQuery: Hashable {
  /// A question has a dozen words. The bound keeps a pasted page from becoming a query of thousands of terms.
  static let maximumTerms = 48

  /// `nil` when the text holds no word.
  let match: String?

  init(_ text: String) {
    var seen: Set<String> = []
    let terms = TextAnalysis.contentWords(in: text).filter { seen.insert($0.stem).inserted }
    match =
      terms.isEmpty
      ? nil : terms.prefix(Self.maximumTerms).map { "\"\($0.text)\"" }.joined(separator: " OR ")
  }
}
