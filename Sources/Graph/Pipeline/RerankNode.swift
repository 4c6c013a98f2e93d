/// Orders the candidates, keeps the best and puts them together for the model.
struct RerankNode: Sendable {
  let ranking: PassageRanking
  let limit: Int
  let packer: ContextPacker

  func run(_ state: ChatState, _ context: NodeContext<ChatPayload>) async throws -> ChatState.Update {
    guard let retrieval = state.retrieval else { return .reranked([]) }
    let result = try await ranking.rank(retrieval, limit: limit)
    if let warning = result.warning {
      try await context.emit(.warning(warning.message, detail: warning.detail))
    }
    let kept = result.passages.filter(\.isKept).map { ranked in
      var passage = ranked.passage
      passage.score = ranked.score
      return passage
    }
    return .reranked(packer.pack(kept))
  }
}
