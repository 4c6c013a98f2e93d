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
  enum Expected {
    case prepared(String, PreparedStatements.Key)
    case result
    case ignored
    case end
  }

  func exchange(_ statements: [EncodedStatement]) async throws -> [PostgresResult] {
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
}
