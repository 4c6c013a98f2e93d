/// What to search for, given a question and what was said before it.
///
/// A follow-up ("and its side effects?") names its subject only through the conversation. Without a model the subject
/// is most likely in the user's previous question, so its words are added; the question's own words come first.
public struct RetrievalQuery: Sendable, Hashable, Codable {
  /// The question, complete in itself.
  public var text: String
  /// Everything to search for, the most important first; each is one search.
  public var texts: [String]

  /// - Parameter further: other ways to say it; what is already there is left out.
  public init(_ text: String, also further: [String] = []) {
    self.text = text
    texts = [text]
    for text in further where !texts.contains(text) { texts.append(text) }
  }

  public init(question: String, history: [ChatMessage]) {
    guard Self.leansOnHistory(question),
      let previous = history.last(where: { $0.role == .user })?.content
    else {
      self.init(question)
      return
    }
    self.init(question + " " + previous)
  }

  static func leansOnHistory(_ question: String) -> Bool {
    let words = question.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    guard words.count <= 12 else { return false }
    if let first = words.first, continuations.contains(first) { return true }
    return words.contains { references.contains($0) } || words.count <= 2
  }

  private static let continuations: Set<String> = ["and", "but", "also", "why", "or", "then"]
  private static let references: Set<String> = [
    "it", "its", "they", "them", "their", "that", "this", "these", "those", "he", "she", "his", "her",
    "one", "ones", "more", "else", "instead", "same", "previous", "above",
  ]
}
