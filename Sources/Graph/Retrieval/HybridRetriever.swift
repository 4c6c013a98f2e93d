public import Foundation

/// Finds candidate passages by their words and by their meaning, and brings both lists together.
///
/// Without vectors it works with words alone; so it does when the embedder fails, and says so.
public struct HybridRetriever: Sendable {
  private let words: any PassageSearch
  private let vectors: (any VectorSearch)?

  public init(words: any PassageSearch, vectors: (any VectorSearch)? = nil) {
    self.words = words
    self.vectors = vectors
  }

  /// - Throws: ``StoreError`` when the knowledge store fails, `CancellationError`. A failure of the embedder is a warning.
  public func retrieve(
    _ query: RetrievalQuery, settings: RetrievalSettings = .init(), filter: SearchFilter = .all
  ) async throws -> Retrieval {
    let found = try await words.candidates(
      CandidateSearch(query.texts, settings: settings, filter: filter),
      vectors: settings.meaningWeight > 0 ? vectors : nil)
    var retrieval = Retrieval(query: query)
    retrieval.candidates = found.candidates
    switch found.meaning {
    case .found(let queryVector):
      retrieval.queryVector = queryVector
      retrieval.mode = .hybrid
    case .unavailable: break
    case .failed(let error):
      // An answer from passages found by their words beats no answer.
      retrieval.warnings = [
        RetrievalWarning(
          "The search by meaning failed, so only words were searched.", detail: String(describing: error))
      ]
    }
    return retrieval
  }

  /// The vectors of chunks under the model that serves now; empty when there are none.
  public func embeddings(of chunks: [UUID]) async throws -> [UUID: TextEmbedding] {
    try await vectors?.embeddings(of: chunks) ?? [:]
  }
}

/// Searches by vectors with whichever model serves at the moment.
public protocol VectorSearch: Sendable {
  /// - Returns: for each text the nearest passages, nearest first; `nil` when no vectors serve now.
  /// - Throws: ``ModelError``, ``StoreError``, `CancellationError`.
  func search(_ texts: [String], limit: Int, filter: SearchFilter) async throws -> VectorSearchResult?
  /// The vectors that such a search would use, for a store that searches with them itself; `nil` when none serve now.
  /// - Throws: ``ModelError``, `CancellationError`.
  func queryVectors(of texts: [String]) async throws -> QueryVectors?
  /// The vectors of chunks under the model that serves now, for reranking; empty when there are none.
  func embeddings(of chunks: [UUID]) async throws -> [UUID: TextEmbedding]
}

/// The vectors of a question's texts.
public struct QueryVectors: Sendable, Hashable {
  /// See ``EmbedderDescriptor/id``.
  public var model: String
  /// One for each text, of length 1.
  public var vectors: [[Float]]

  public init(model: String, vectors: [[Float]]) {
    self.model = model
    self.vectors = vectors
  }
}

public struct VectorSearchResult: Sendable, Hashable {
  public var lists: [[Passage]]
  /// The vector of the first text.
  public var queryVector: [Float]

  public init(lists: [[Passage]], queryVector: [Float]) {
    self.lists = lists
    self.queryVector = queryVector
  }
}

/// How to search.
public struct RetrievalSettings: Sendable, Hashable, Codable {
  public enum Method: String, Sendable, Hashable, Codable, CaseIterable {
    /// Reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009).
    case reciprocalRank = "rrf"
    /// Sum of the standard scores of each list; see ``StandardScores``. It was best or equal on every collection that it was
    /// measured on.
    case normalisedSum = "sum"
  }

  public var method = Method.normalisedSum
  /// What the list by words and the list by meaning count; one of them may be 0.
  public var wordWeight = 0.5
  public var meaningWeight = 0.5
  /// How many passages each way of searching brings.
  public var depth = 200
  /// How many candidates are reranked. Fewer cost recall: the reranker lifts passages from far down.
  public var candidateLimit = 100

  public init() {}
}

/// What a search found.
public struct Retrieval: Sendable, Hashable, Codable {
  public enum Mode: String, Sendable, Hashable, Codable {
    case hybrid
    /// Only words were searched.
    case words
  }

  public var query: RetrievalQuery
  public var queryVector: [Float]?
  public var candidates: [Candidate] = []
  public var mode = Mode.words
  /// What went wrong without keeping the search from its work.
  public var warnings: [RetrievalWarning] = []

  public init(query: RetrievalQuery) {
    self.query = query
  }
}

/// Something that makes a search worse but does not end it.
public struct RetrievalWarning: Sendable, Hashable, Codable {
  /// A sentence for the user.
  public var message: String
  /// What was behind it, for the log only.
  public var detail: String?

  public init(_ message: String, detail: String? = nil) {
    self.message = message
    self.detail = detail
  }
}
