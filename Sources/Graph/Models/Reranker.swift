/// Orders candidate passages by how well they answer a question.
public protocol Reranker: Sendable {
  /// A short name for logs and for `GET /search`.
  var name: String { get }

  /// - Parameters:
  ///   - query: the question.
  ///   - candidates: passages in the order of retrieval.
  ///   - limit: how many may be kept.
  /// - Returns: every candidate exactly once, best first, with its score and whether it was kept.
  /// - Throws: any error; the caller falls back to the order of retrieval.
  func rerank(query: String, candidates: [Passage], limit: Int) async throws -> [RankedPassage]
}

/// A candidate after reranking, with the reason for its fate.
public struct RankedPassage: Sendable, Hashable, Codable {
  public var passage: Passage
  /// Higher is better; comparable only within one call.
  public var score: Double
  public var isKept: Bool
  /// A phrase that tells a person why the passage was kept or dropped.
  public var reason: String

  public init(passage: Passage, score: Double, isKept: Bool, reason: String) {
    self.passage = passage
    self.score = score
    self.isKept = isKept
    self.reason = reason
  }
}
