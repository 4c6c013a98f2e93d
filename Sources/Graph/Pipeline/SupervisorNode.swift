/// Chooses who answers.
struct SupervisorNode: Sendable {
  let router: any ChatRouter

  func run(_ state: ChatState, _ context: NodeContext<ChatPayload>) async throws -> ChatState.Update {
    let route = try await router.route(question: state.question, history: state.history) { text in
      try await context.emit(.token(text))
    }
    return .routed(route)
  }
}
