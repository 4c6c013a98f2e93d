/// Finds candidate passages for the question.
struct RetrieveNode: Sendable {
  let knowledge: any KnowledgeStore
  let limit: Int

  func run(_ state: ChatState, _ context: NodeContext<ChatPayload>) async throws -> ChatState.Update {
    let query = RetrievalQuery(question: state.question, history: state.history)
    return .retrieved(try await knowledge.search(query.text, limit: limit))
  }
}
