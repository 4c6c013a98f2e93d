/// Reranks what a search found, the same way for an answer and for `GET /search`.
public struct PassageRanking: Sendable {
  private let retriever: HybridRetriever
  private let reranker: any Reranker

  public init(retriever: HybridRetriever, reranker: any Reranker) {
    self.retriever = retriever
    self.reranker = reranker
  }

  public struct Result: Sendable, Hashable {
    /// Every candidate once, best first.
    public var passages: [RankedPassage]
    /// Set when reranking failed and the order is that of the search.
    public var warning: RetrievalWarning?

    public init(passages: [RankedPassage], warning: RetrievalWarning? = nil) {
      self.passages = passages
      self.warning = warning
    }
  }

  /// - Throws: `CancellationError` only: passages in the order of the search beat none.
  public func rank(_ retrieval: Retrieval, limit: Int) async throws -> Result {
    do {
      let ids = retrieval.candidates.map(\.passage.chunk.id)
      let embeddings = retrieval.queryVector == nil ? [:] : try await retriever.embeddings(of: ids)
      let request = RerankRequest(
        query: retrieval.query.text, queryVector: retrieval.queryVector, candidates: retrieval.candidates,
        embeddings: embeddings, limit: limit)
      return Result(passages: try await reranker.rerank(request))
    } catch let error as CancellationError {
      throw error
    } catch {
      return Result(
        passages: Self.inOrderOfSearch(retrieval.candidates, limit: limit),
        warning: RetrievalWarning(
          "Reranking failed. The passages are in the order of the search.", detail: String(describing: error))
      )
    }
  }

  /// What the search itself would keep.
  public static func inOrderOfSearch(_ candidates: [Candidate], limit: Int) -> [RankedPassage] {
    candidates.enumerated().map { index, candidate in
      RankedPassage(
        passage: candidate.passage, score: candidate.passage.score, isKept: index < limit,
        reason: index < limit ? "kept in the order of the search" : "below the limit of \(limit)")
    }
  }
}
