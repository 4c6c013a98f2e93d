internal import CPostgres

extension PostgresSession {
  /// Runs statements in one round trip, and in one transaction unless one is open.
  ///
  /// - Throws: the ``PostgresError`` of the first statement that failed, or `CancellationError`.
  func run(
    _ statements: [EncodedStatement], _ cancellation: PostgresCancellation
  ) async throws -> [PostgresResult] {
    try await perform(cancellation) { session in
      do {
        return try await session.exchange(statements)
      } catch let error as PostgresError where error.meansStaleStatement {
        session.forget(statements, because: error)
        // In a transaction, the failure has ended that. Otherwise nothing has happened yet.
        guard PQtransactionStatus(session.connection) == PQTRANS_IDLE, session.operation?.stop == nil else {
          throw error
        }
        return try await session.exchange(statements)
      }
    }
  }

  private func forget(_ statements: [EncodedStatement], because error: PostgresError) {
    if error.sqlState == "26000" { return prepared.removeAll() }
    for statement in statements { prepared.remove(PreparedStatements.Key(statement)) }
  }

  /// What the server will answer, in order.
  private enum Expected {
    case prepared(String, PreparedStatements.Key)
    case result
    case ignored
    case end
  }

  private func exchange(_ statements: [EncodedStatement]) async throws -> [PostgresResult] {
    guard PQpipelineStatus(connection) != PQ_PIPELINE_OFF || PQenterPipelineMode(connection) == 1 else {
      throw lose(nil)
    }
    var expected = try sendEvictions()
    var names: [PreparedStatements.Key: String] = [:]
    for statement in statements {
      try send(statement, preparing: &names, expecting: &expected)
    }
    try check(PQpipelineSync(connection))
    expected.append(.end)
    operation?.hasSent = true
    try await flush()
    return try await receive(expected)
  }

  /// Lets the server forget what was evicted. A failure would end an open transaction, so that it waits for the end of that;
  /// its sync keeps failures from what follows.
  private func sendEvictions() throws -> [Expected] {
    guard PQtransactionStatus(connection) == PQTRANS_IDLE else { return [] }
    var expected: [Expected] = []
    for name in prepared.takeEvicted() {
      try check(PQsendQueryParams(connection, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 1))
      expected.append(.ignored)
    }
    if !expected.isEmpty {
      try check(PQpipelineSync(connection))
      expected.append(.end)
    }
    return expected
  }

  private func send(
    _ statement: EncodedStatement, preparing names: inout [PreparedStatements.Key: String],
    expecting expected: inout [Expected]
  ) throws {
    guard configuration.preparesStatements else {
      try check(
        statement.withParameters { count, values, lengths, formats in
          PQsendQueryParams(connection, statement.sql, count, statement.types, values, lengths, formats, 1)
        })
      return expected.append(.result)
    }
    let key = PreparedStatements.Key(statement)
    let name: String
    if let known = prepared.name(for: key) ?? names[key] {
      name = known
    } else {
      name = prepared.makeName()
      names[key] = name
      try check(PQsendPrepare(connection, name, statement.sql, Int32(statement.types.count), statement.types))
      expected.append(.prepared(name, key))
    }
    try check(
      statement.withParameters { count, values, lengths, formats in
        PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1)
      })
    expected.append(.result)
  }

  /// libpq refuses to send only when the connection is gone or memory is short; what it has taken until then cannot be taken
  /// back, so the connection ends.
  func check(_ isSent: Int32) throws {
    if isSent != 1 { throw lose(nil) }
  }

  /// Sends what libpq holds, reading meanwhile: the server may not read on before somebody takes its answers.
  func flush() async throws {
    while true {
      switch PQflush(connection) {
      case 0: return
      case 1:
        watch?.isWriting = true
        try await wait()
        guard !isClosed else { throw lose(nil) }
      default:
        // What the server said before it closed the connection is still to be read.
        return
      }
    }
  }

  private func receive(_ expected: [Expected]) async throws -> [PostgresResult] {
    var results: [PostgresResult] = []
    var failure: PostgresError?
    for item in expected {
      switch item {
      case .end: try await receiveEnd(&failure)
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

  private func noteCommand(_ tag: String) {
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

  /// Runs several statements that take no parameters, one after the other.
  func execute(script: String, _ cancellation: PostgresCancellation) async throws {
    try await perform(cancellation) { session in
      try session.leavePipelineMode()
      try session.check(PQsendQuery(session.connection, script))
      session.operation?.hasSent = true
      try await session.flush()
      var failure: PostgresError?
      while let result = try await session.nextResult(&failure) {
        switch PQresultStatus(result.pointer) {
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
          _ = session.lose(nil)
          throw PostgresError(
            .usage(.copy), "a script cannot copy between client and server", endsConnection: true)
        default: session.noteCommand(result.commandTag)
        }
        session.extendDeadline()
      }
      if let failure { throw failure }
    }
  }

  func leavePipelineMode() throws {
    guard PQpipelineStatus(connection) == PQ_PIPELINE_OFF || PQexitPipelineMode(connection) == 1 else {
      throw lose(nil)
    }
  }
}
