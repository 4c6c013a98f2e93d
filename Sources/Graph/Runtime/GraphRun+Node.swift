extension GraphRun {
  /// Runs one node, as often as its policy allows.
  func runNode(at position: Int) async throws -> State.Update {
    let node = plan.nodes[position]
    let path = path(of: position)
    var attempt = 1
    while true {
      try await scope.sink.send(.started(attempt: attempt), path, step)
      let begin = scope.elapsed()
      let failure: any Error
      do {
        let context = NodeContext(path: path, step: step, attempt: attempt, scope: scope)
        let update = try await runAttempt(of: node, context)
        try await reportFinished(update, path: path, duration: scope.elapsed() - begin)
        return update
      } catch {
        failure = error
      }
      try Task.checkCancellation()
      guard let retry = node.policy.retry, attempt < retry.maxAttempts, retry.isRetryable(failure) else {
        throw describe(failure, of: node, path: path)
      }
      let delay = retry.backoff.delay(afterAttempt: attempt)
      try await scope.sink.send(
        .retrying(attempt: attempt, delay: delay, error: String(describing: failure)), path, step)
      try await scope.clock.sleep(for: delay)
      attempt += 1
    }
  }

  private func runAttempt(
    of node: GraphNode<State, Payload>, _ context: NodeContext<Payload>
  ) async throws -> State.Update {
    guard let timeout = node.policy.timeout else { return try await node.run(state, context) }
    return try await withThrowingTaskGroup(of: AttemptOutcome<State.Update>.self) { group in
      group.addTask { .update(try await node.run(state, context)) }
      group.addTask {
        try await scope.clock.sleep(for: timeout)
        return .timeout
      }
      defer { group.cancelAll() }
      guard case .update(let update)? = try await group.next() else {
        throw GraphError.nodeTimedOut(context.path, after: timeout)
      }
      return update
    }
  }

  private func reportFinished(_ update: State.Update, path: [NodeID], duration: Duration) async throws {
    if let output {
      try await output.send(
        GraphEvent(path: path, step: step, kind: .nodeFinished(update: update, duration: duration)))
    } else {
      try await scope.sink.send(
        .finishedInSubgraph(update: update, duration: duration), path, step)
    }
  }

  /// Names the node, unless the error does so already.
  private func describe(
    _ error: any Error, of node: GraphNode<State, Payload>, path: [NodeID]
  ) -> GraphError {
    if let error = error as? GraphError, node.isSubgraph || error.code == .nodeTimedOut && error.path == path
    {
      return error
    }
    return .nodeFailed(path, error)
  }
}

/// An update may itself be optional, so that `nil` could not stand for the timeout.
private enum AttemptOutcome<Update: Sendable>: Sendable {
  case update(Update)
  case timeout
}
