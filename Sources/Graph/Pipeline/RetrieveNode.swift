/// Finds candidate passages for the question.
struct RetrieveNode: Sendable {
  let retriever: HybridRetriever
  let queryWriter: any QueryWriter
  let settings: RetrievalSettings

  func run(_ state: ChatState, _ context: NodeContext<ChatPayload>) async throws -> ChatState.Update {
    let query = try await queryWriter.query(question: state.question, history: state.history)
    let retrieval = try await retriever.retrieve(query, settings: settings)
    for warning in retrieval.warnings {
      try await context.emit(.warning(warning.message, detail: warning.detail))
    }
    return .retrieved(retrieval)
  }
}
