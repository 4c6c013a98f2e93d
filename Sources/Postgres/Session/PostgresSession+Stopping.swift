internal import CPostgres
@preconcurrency import Dispatch

extension PostgresSession {
  /// Stops the operation, unless it is over: a statement is cancelled on the server.
  func stop(_ id: UInt64, _ reason: Stop) {
    guard let operation, operation.id == id, operation.stop == nil, !isClosed else { return }
    self.operation?.stop = reason
    self.operation?.lastDeadline = .now + Self.longestDrain
    setDeadline(.now + configuration.grace)
    if operation.kind == .statement, let serverCancel, !isCancelling {
      isCancelling = true
      serverCancel.send { [executor] in
        executor.queue.async { self.assumeIsolated { $0.cancelWasSent() } }
      }
    }
    wake()
  }

  private func cancelWasSent() {
    isCancelling = false
    wake()
  }

  /// Waits until no request to cancel is on its way: one that arrives late would hit the next statement.
  func settle() async {
    while isCancelling, !isClosed {
      do { try await wait() } catch { return }
    }
  }

  /// The error as the caller shall see it.
  func explain(_ error: any Error) -> any Error {
    guard let operation, let error = error as? PostgresError else { return error }
    let isCancellation = error.sqlState == "57014"
    switch operation.stop {
    case .taskCancelled: return isCancellation || error.endsConnection ? CancellationError() : error
    case .timeout: return isCancellation ? error.of(.timeout) : error
    case .abandoned, nil: break
    }
    guard isCancellation else { return error }
    // The server's words differ from language to language; its clock and this one do not.
    guard let statementTimeout else { return error.of(.cancelled) }
    let hasExpired = operation.began.duration(to: .now) + .milliseconds(5) >= statementTimeout
    return error.of(hasExpired ? .timeout : .cancelled)
  }

  /// The error for a connection that broke, after which it is closed.
  ///
  /// - Parameter report: what the server said before, when it said something: then the outcome is known,
  ///   unless the statements were done and only the end was to be confirmed.
  func lose(_ report: PostgresError?) -> PostgresError {
    let text = isClosed ? "" : PQerrorMessage(connection).map { String(cString: $0).trimmed } ?? ""
    close()
    guard var report, report.sqlState != nil else {
      return PostgresError(
        .connection, text.isEmpty ? "the connection to the database broke" : text,
        outcomeIsUnknown: operation?.hasSent ?? false, endsConnection: true)
    }
    report.endsConnection = true
    report.outcomeIsUnknown = operation?.isAtEnd ?? false
    return report
  }
}

extension PostgresError {
  func of(_ kind: Kind) -> PostgresError {
    var error = self
    error.kind = kind
    return error
  }
}
