internal import CPostgres

extension PostgresSession {
  /// Reads the answers.
  ///
  /// - Throws: the first failure, after everything was read.
  func receive(_ expected: [Expected]) async throws -> [PostgresResult] {
    var results: [PostgresResult] = []
    var failure: PostgresError?
    for (index, item) in expected.enumerated() {
      switch item {
      case .end:
        operation?.isAtEnd = failure == nil && index == expected.count - 1
        try await receiveEnd(&failure)
      case .ignored:
        var ignored: PostgresError?
        _ = try await receiveOne(&ignored)
      case .prepared(let name, let key):
        let isPrepared = try await receiveOne(&failure) != nil
        if isPrepared { prepared.insert(name, for: key) }
      case .result:
        if let result = try await receiveOne(&failure) { results.append(result) }
      }
      extendDeadline()
    }
    if let failure { throw failure }
    return results
  }

  /// The answer to one command; `nil` when it failed or was skipped because one before it had failed.
  private func receiveOne(_ failure: inout PostgresError?) async throws -> PostgresResult? {
    var answer: PostgresResult?
    while let result = try await nextResult(&failure) {
      switch PQresultStatus(result.pointer) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
        answer = PostgresResult(storage: result)
        noteCommand(result.commandTag)
      case PGRES_FATAL_ERROR, PGRES_PIPELINE_ABORTED: answer = nil
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        _ = lose(nil)
        throw PostgresError(
          .usage(.copy), "a COPY between client and server has to be run as one", endsConnection: true)
      default: throw lose(failure)
      }
    }
    return answer
  }

  /// Waits until the server has ended the transaction; a constraint that is checked at the end may fail only now.
  private func receiveEnd(_ failure: inout PostgresError?) async throws {
    var emptyAnswers = 0
    while emptyAnswers < 3 {
      guard let result = try await nextResult(&failure) else {
        emptyAnswers += 1
        continue
      }
      if PQresultStatus(result.pointer) == PGRES_PIPELINE_SYNC { return }
    }
    throw lose(failure)
  }

  func noteCommand(_ tag: String) {
    if tag == "DEALLOCATE ALL" || tag == "DISCARD ALL" { prepared.removeAll() }
  }

  /// The next of libpq's results; `nil` ends those of one command.
  ///
  /// - Throws: ``PostgresError`` when the connection broke.
  func nextResult(_ failure: inout PostgresError?) async throws -> ResultStorage? {
    while PQstatus(connection) == CONNECTION_OK, PQisBusy(connection) == 1 {
      try await wait()
      guard !isClosed else { throw lose(failure) }
    }
    guard let pointer = PQgetResult(connection) else {
      if PQstatus(connection) == CONNECTION_BAD { throw lose(failure) }
      return nil
    }
    let result = ResultStorage(owning: pointer)
    if PQresultStatus(pointer) == PGRES_FATAL_ERROR {
      let error = PostgresError(result: pointer)
      if failure == nil { failure = error }
      if PQstatus(connection) == CONNECTION_BAD { throw lose(failure) }
    }
    return result
  }
}
