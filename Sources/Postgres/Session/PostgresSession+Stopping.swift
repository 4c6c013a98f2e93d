internal import CPostgres
@preconcurrency import Dispatch

extension PostgresSession {
  /// Asks the server to cancel the operation, unless it is over.
  func stop(_ id: UInt64, _ reason: Stop) {
    guard operation?.id == id, operation?.stop == nil, !isClosed else { return }
    operation?.stop = reason
    setDeadline(.now + Self.grace)
    if let serverCancel, isEstablished, !isCancelling {
      isCancelling = true
      // On a thread, because PQcancel blocks until the server has answered.
      Waiting.onThread { [executor] in
        serverCancel.send()
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
  func explain(_ error: PostgresError) -> any Error {
    guard let operation else { return error }
    let isCancellation = error.sqlState == "57014"
    switch operation.stop {
    case .taskCancelled: return isCancellation || error.endsConnection ? CancellationError() : error
    case .timeout: return isCancellation ? error.of(.timeout) : error
    case nil: break
    }
    guard isCancellation else { return error }
    // The server's words differ from language to language; its clock and this one do not.
    let limit = statementTimeout ?? .seconds(Int64.max / 2)
    return error.of(operation.began.duration(to: .now) + .milliseconds(5) >= limit ? .timeout : .cancelled)
  }

  /// The error for a connection that broke, after which it is closed.
  ///
  /// - Parameter report: what the server said before, when it said something: then the outcome is known.
  func lose(_ report: PostgresError?) -> PostgresError {
    let text = isClosed ? "" : PQerrorMessage(connection).map { String(cString: $0).trimmed } ?? ""
    close()
    guard var report, report.sqlState != nil else {
      return PostgresError(
        .connection, text.isEmpty ? "the connection to the database broke" : text,
        outcomeIsUnknown: operation?.hasSent ?? false, endsConnection: true)
    }
    report.endsConnection = true
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
