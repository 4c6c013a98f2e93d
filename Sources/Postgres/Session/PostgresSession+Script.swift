internal import CPostgres

extension PostgresSession {
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
        case PGRES_FATAL_ERROR: break
        default:
          session.noteCommand(result.commandTag)
          session.operation?.isAtEnd = true
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
