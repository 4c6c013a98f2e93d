/// Orders the candidates and keeps the best.
struct RerankNode: Sendable {
  let reranker: any Reranker
  let limit: Int

  func run(_ state: ChatState, _ context: NodeContext<ChatPayload>) async throws -> ChatState.Update {
    do {
      let query = RetrievalQuery(question: state.question, history: state.history)
      let ranked = try await reranker.rerank(
        query: query.text, candidates: state.candidates, limit: limit)
      return .reranked(ranked)
    } catch let error as CancellationError {
      throw error
    } catch {
      // An answer from passages in the order of retrieval beats no answer.
      try await context.emit(.warning("Reranking failed: \(error)"))
      return .reranked(Self.inOrderOfRetrieval(state.candidates, limit: limit))
    }
  }

  static func inOrderOfRetrieval(_ candidates: [Passage], limit: Int) -> [RankedPassage] {
    candidates.enumerated().map { index, passage in
      RankedPassage(
        passage: passage, score: passage.score, isKept: index < limit,
        reason: index < limit ? "kept in the order of the search" : "below the limit of \(limit)")
    }
  }
}
