/// Keeps the order of the search, for those who want no reranking.
public struct SearchOrderReranker: Reranker {
  public let name = "none"

  public init() {}

  public func rerank(_ request: RerankRequest) async throws -> [RankedPassage] {
    PassageRanking.inOrderOfSearch(request.candidates, limit: request.limit)
  }
}
