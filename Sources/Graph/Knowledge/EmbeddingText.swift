/// Makes the text that stands for a chunk when it is embedded.
///
/// A paragraph alone often does not name its subject: the title and the headings do.
public enum EmbeddingText {
  /// - Returns: a line with the document's title and the chunk's headings, then the chunk's text. The spans are that line,
  ///   if there is one, and the sentences.
  public static func make(title: String, headings: [String], text: String) -> EmbeddingInput {
    let context = context(title: title, headings: headings, text: text)
    guard !context.isEmpty else {
      return EmbeddingInput(text, spans: SentenceSplitter.sentences(in: text))
    }
    let start = context.utf8.count + 1
    let sentences = SentenceSplitter.sentences(in: text)
    return EmbeddingInput(
      context + "\n" + text,
      spans: [0..<context.utf8.count]
        + sentences.map { ($0.lowerBound + start)..<($0.upperBound + start) })
  }

  /// The line above the text; empty when nothing is worth saying there.
  static func context(title: String, headings: [String], text: String) -> String {
    var lines = ([title] + headings).filter(hasWord)
    // The piece that a heading opens begins with that heading: said once is enough.
    let firstLine = text.split(separator: "\n", maxSplits: 1).first.map { heading(String($0)) }
    if let last = lines.last, heading(last) == firstLine { lines.removeLast() }
    return lines.joined(separator: " › ")
  }

  private static func heading(_ line: String) -> String {
    let words = line.split { $0 == "#" || $0.isWhitespace }
    return words.joined(separator: " ").lowercased()
  }

  /// A title such as "184" or "3.2" names nothing.
  private static func hasWord(_ title: String) -> Bool {
    title.unicodeScalars.contains { $0.properties.isAlphabetic }
  }
}
