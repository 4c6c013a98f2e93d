public import Foundation

/// Finds candidate passages by their words and by their meaning, and brings both lists together.
///
/// Without vectors it works with words alone; so it does when the embedder fails, and says so.
public struct HybridRetriever: Sendable {
  private let words: any WordSearch
  private let vectors: (any VectorSearch)?

  public init(words: any WordSearch, vectors: (any VectorSearch)? = nil) {
    self.words = words
    self.vectors = vectors
  }

  /// - Throws: ``StoreError`` when the knowledge store fails, `CancellationError`. A failure of the embedder is a warning.
  public func retrieve(
    _ query: RetrievalQuery, settings: RetrievalSettings = .init(), filter: SearchFilter = .all
  ) async throws -> Retrieval {
    async let byWords = wordHits(query, settings, filter)
    let byMeaning = try await meaningHits(query, settings, filter)
    var retrieval = Retrieval(query: query)
    retrieval.queryVector = byMeaning.vector
    retrieval.mode = byMeaning.isAvailable ? .hybrid : .words
    retrieval.warnings = byMeaning.warning.map { [$0] } ?? []
    retrieval.candidates = Fusion(settings: settings).fuse(
      words: try await byWords, meaning: byMeaning.lists, limit: settings.candidateLimit)
    return retrieval
  }

  /// The vectors of chunks under the model that serves now; empty when there are none.
  public func embeddings(of chunks: [UUID]) async throws -> [UUID: TextEmbedding] {
    try await vectors?.embeddings(of: chunks) ?? [:]
  }

  private func wordHits(
    _ query: RetrievalQuery, _ settings: RetrievalSettings, _ filter: SearchFilter
  ) async throws -> [[Passage]] {
    guard settings.wordWeight > 0 else { return [] }
    var lists: [[Passage]] = []
    for text in query.texts {
      lists.append(try await words.search(text, limit: settings.depth, filter: filter))
    }
    return lists
  }

  private struct MeaningHits {
    var lists: [[Passage]] = []
    var vector: [Float]?
    var isAvailable = false
    var warning: RetrievalWarning?
  }

  private func meaningHits(
    _ query: RetrievalQuery, _ settings: RetrievalSettings, _ filter: SearchFilter
  ) async throws -> MeaningHits {
    guard let vectors, settings.meaningWeight > 0 else { return MeaningHits() }
    do {
      let found = try await vectors.search(query.texts, limit: settings.depth, filter: filter)
      guard let found else { return MeaningHits() }
      return MeaningHits(lists: found.lists, vector: found.queryVector, isAvailable: true)
    } catch let error as CancellationError {
      throw error
    } catch {
      // An answer from passages found by their words beats no answer.
      return MeaningHits(
        warning: RetrievalWarning(
          "The search by meaning failed, so only words were searched.", detail: String(describing: error)))
    }
  }
}

/// Searches by vectors with whichever model serves at the moment.
public protocol VectorSearch: Sendable {
  /// - Returns: for each text the nearest passages, nearest first; `nil` when no vectors serve now.
  /// - Throws: ``ModelError``, ``StoreError``, `CancellationError`.
  func search(_ texts: [String], limit: Int, filter: SearchFilter) async throws -> VectorSearchResult?
  /// The vectors of chunks under the model that serves now, for reranking; empty when there are none.
  func embeddings(of chunks: [UUID]) async throws -> [UUID: TextEmbedding]
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
