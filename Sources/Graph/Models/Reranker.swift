public import Foundation

/// Orders candidate passages by how well they answer a question.
public protocol Reranker: Sendable {
  /// A short name for logs and for `GET /search`.
  var name: String { get }

  /// - Returns: every candidate exactly once, best first, with its score and whether it was kept.
  /// - Throws: any error; the caller falls back to the order of retrieval.
  func rerank(_ request: RerankRequest) async throws -> [RankedPassage]
}

/// What a reranker is asked.
public struct RerankRequest: Sendable {
  /// The question, complete in itself.
  public var query: String
  /// The question's vector; `nil` when the search had none.
  public var queryVector: [Float]?
  /// In the order of retrieval.
  public var candidates: [Candidate]
  /// The vectors of the candidates' chunks, by the chunk's id; some or all may be missing.
  public var embeddings: [UUID: TextEmbedding]
  /// How many may be kept.
  public var limit: Int

  public init(
    query: String, queryVector: [Float]? = nil, candidates: [Candidate],
    embeddings: [UUID: TextEmbedding] = [:], limit: Int
  ) {
    self.query = query
    self.queryVector = queryVector
    self.candidates = candidates
    self.embeddings = embeddings
    self.limit = limit
  }
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
