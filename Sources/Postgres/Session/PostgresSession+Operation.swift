@preconcurrency import Dispatch

extension PostgresSession {
  /// What the session is busy with.
  struct Operation {
    let id: UInt64
    let kind: Kind
    let began = ContinuousClock.now
    /// When the client stops it, and when it gives up on the connection after that.
    var deadline: ContinuousClock.Instant?
    var stop: Stop?
    /// When the client gives up on a stopped operation even though the server still sends.
    var lastDeadline: ContinuousClock.Instant?
    /// Whether the server may have got any of it.
    var hasSent = false
    /// Whether the server has done all of it but for the last word: what it says now comes after the end of the
    /// transaction, or before.
    var isAtEnd = false
  }

  enum Kind {
    /// Something that the server can be asked to cancel.
    case statement
    /// Opening, or a sign of life: there is nothing to cancel, and it is over when its time is.
    case probe
    /// Waiting for notifications: nothing runs on the server.
    case listening
  }

  /// Why an operation was stopped.
  enum Stop {
    case taskCancelled, timeout
    /// Who took the rows of a COPY does not want more.
    case abandoned
  }

  /// How long a stopped statement may go on sending. What is in the kernels' buffers has to be read.
  static let longestDrain = Duration.seconds(20)

  /// Does one thing. Cancelling the task stops it when `cancellation` says so.
  ///
  /// - Throws: what `body` throws, with the reason of the stop instead of its consequence.
  func perform<Value: Sendable>(
    _ cancellation: PostgresCancellation, _ kind: Kind = .statement,
    _ body: (isolated PostgresSession) async throws -> Value
  ) async throws -> Value {
    let id = try begin(cancellation, kind)
    return try await finishing { try await stoppable(id, cancellation) { try await body(self) } }
  }

  /// Begins an operation that lasts until ``finishing(_:)``.
  func begin(_ cancellation: PostgresCancellation, _ kind: Kind) throws -> UInt64 {
    if cancellation == .cancelsQuery { try Task.checkCancellation() }
    guard operation == nil else {
      throw PostgresError(.usage(.connectionInUse), "two tasks use one connection at the same time")
    }
    lookForEnd()
    guard !isClosed else {
      var error = PostgresError(.connection, "the connection was closed", endsConnection: true)
      error.isUnsent = true
      throw error
    }
    lastOperationID += 1
    operation = Operation(id: lastOperationID, kind: kind)
    extendDeadline()
    return lastOperationID
  }

  /// Runs the last part of an operation, after which the session is free again.
  func finishing<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    defer { operation = nil }
    do {
      let value = try await body()
      await settle()
      return value
    } catch {
      await settle()
      throw explain(error)
    }
  }

  /// Runs a part of an operation; the cancellation of the task stops it.
  func stoppable<Value: Sendable>(
    _ id: UInt64, _ cancellation: PostgresCancellation, _ body: () async throws -> Value
  ) async throws -> Value {
    guard cancellation == .cancelsQuery else { return try await body() }
    return try await withTaskCancellationHandler(operation: body) {
      executor.queue.async { self.assumeIsolated { $0.stop(id, .taskCancelled) } }
    }
  }

  // MARK: Time

  /// Gives the statement at hand its full time.
  func extendDeadline() {
    guard let operation, operation.kind == .statement, operation.stop == nil else { return }
    setDeadline(statementTimeout.map { ContinuousClock.now + $0 + configuration.grace })
  }

  /// A stopped operation from which something still comes is not given up yet.
  func noteProgress() {
    guard let last = operation?.lastDeadline else { return }
    setDeadline(min(.now + configuration.grace, last))
  }

  func setDeadline(_ deadline: ContinuousClock.Instant?) {
    operation?.deadline = deadline
    if let deadline { timer.require(deadline) }
  }

  /// - Returns: the next deadline.
  func timerFired() -> ContinuousClock.Instant? {
    guard let deadline = operation?.deadline else { return nil }
    if deadline > .now { return deadline }
    wake()
    return nil
  }
}
