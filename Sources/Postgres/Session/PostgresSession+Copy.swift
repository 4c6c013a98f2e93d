internal import CPostgres

/// A COPY is one operation of several steps: begun, fed or read piece by piece, and finished. Between the steps the
/// caller makes or uses rows.
extension PostgresSession {
  /// How many bytes are read in one step.
  private static let chunk = 64 * 1024

  /// Sends the statement and waits until the server copies.
  ///
  /// - Returns: the operation, which lasts until ``finishCopyIn(_:failure:)`` ``finishCopyOut(_:_:)`` or
  ///   ``abandonCopy(_:)``.
  func beginCopy(
    _ sql: String, columns: Int, into direction: CopyDirection, _ cancellation: PostgresCancellation
  ) async throws -> UInt64 {
    let id = try begin(cancellation, .statement)
    do {
      try await stoppable(id, cancellation) {
        try await startCopy(sql, columns, direction)
      }
      return id
    } catch {
      return try await finishing {
        if !isClosed { _ = try? await drain() }
        throw error
      }
    }
  }

  private func startCopy(_ sql: String, _ columns: Int, _ direction: CopyDirection) async throws {
    try leavePipelineMode()
    // Nothing takes effect before the end of the rows is sent, so that the outcome is known until then.
    try check(PQsendQuery(connection, sql))
    try await flush()
    var failure: PostgresError?
    let result = try await nextResult(&failure)
    if let failure { throw failure }
    guard let result, PQresultStatus(result.pointer) == direction.status, PQbinaryTuples(result.pointer) == 1
    else {
      throw PostgresError(.usage(.copy), "the statement is no COPY \(direction.rawValue) (FORMAT binary)")
    }
    guard PQnfields(result.pointer) == columns else {
      throw PostgresError(
        .usage(.copy), "the COPY has \(PQnfields(result.pointer)) columns, and \(columns) types were given")
    }
  }

  /// Sends a piece, and waits until the kernel has it.
  func sendCopy(_ id: UInt64, _ bytes: [UInt8], _ cancellation: PostgresCancellation) async throws {
    try await copyStep(id, cancellation) {
      let isTaken = bytes.withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: CChar.self) {
          PQputCopyData(connection, $0.baseAddress, Int32($0.count))
        }
      }
      try check(isTaken)
      try await flush()
      // The server's error, if there is one, is read when the copy is finished.
      guard PQstatus(connection) == CONNECTION_OK else { throw lose(nil) }
    }
  }

  /// Ends a COPY to the server.
  ///
  /// - Parameter reason: why the rows end early; the server then forgets what it got. The call throws the server's
  ///   error, which says as much.
  /// - Returns: the number of rows.
  func finishCopyIn(
    _ id: UInt64, failure reason: String?, _ cancellation: PostgresCancellation
  ) async throws -> Int {
    try await finishing {
      guard !isClosed else { throw lose(nil) }
      return try await copyStep(id, cancellation) {
        operation?.hasSent = reason == nil
        try check(PQputCopyEnd(connection, reason))
        try await flush()
        return try await drain()
      }
    }
  }

  /// Waits for the next piece. When this throws, the operation has ended.
  func readCopy(_ id: UInt64, _ cancellation: PostgresCancellation) async throws -> CopyChunk {
    do {
      return try await copyStep(id, cancellation) { try await copyChunk() }
    } catch {
      return try await finishing {
        if !isClosed { try await drain() }
        throw error
      }
    }
  }

  /// Ends a COPY from the server after its last piece.
  ///
  /// - Throws: what the server failed with in the middle of it.
  func finishCopyOut(_ id: UInt64, _ cancellation: PostgresCancellation) async throws {
    try await finishing {
      _ = try await copyStep(id, cancellation) { try await drain() }
    }
  }

  /// Ends a COPY from the server whose rows nobody wants any more.
  func abandonCopy(_ id: UInt64) async {
    stop(id, .abandoned)
    let end: Int? = try? await finishing { try await drain() }
    _ = end
  }

  private func copyStep<Value: Sendable>(
    _ id: UInt64, _ cancellation: PostgresCancellation, _ body: () async throws -> Value
  ) async throws -> Value {
    guard !isClosed else { throw lose(nil) }
    extendDeadline()
    return try await stoppable(id, cancellation, body)
  }

  private func copyChunk() async throws -> CopyChunk {
    var bytes: [UInt8] = []
    while bytes.count < Self.chunk {
      var row: UnsafeMutablePointer<CChar>?
      let count = PQgetCopyData(connection, &row, 1)
      if count > 0, let row {
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: row, count: Int(count)))
        PQfreemem(row)
      } else if count < 0 || PQstatus(connection) != CONNECTION_OK {
        return CopyChunk(bytes: bytes, isLast: true)
      } else if !bytes.isEmpty {
        break
      } else {
        try await wait()
        guard !isClosed else { throw lose(nil) }
      }
    }
    return CopyChunk(bytes: bytes, isLast: false)
  }

  /// Reads to the end of the operation, whatever state it is in.
  ///
  /// - Returns: the number of rows.
  /// - Throws: the operation's failure.
  @discardableResult
  private func drain() async throws -> Int {
    guard !isClosed else { throw lose(nil) }
    var (failure, rows): (PostgresError?, Int) = (nil, 0)
    while let result = try await nextResult(&failure) {
      switch PQresultStatus(result.pointer) {
      case PGRES_COPY_IN: try check(PQputCopyEnd(connection, "not wanted"))
      case PGRES_COPY_OUT: while try await !copyChunk().isLast {}
      case PGRES_COPY_BOTH: throw lose(nil)
      case PGRES_FATAL_ERROR: break
      default:
        rows = result.affectedRows
        if operation?.hasSent == true { operation?.isAtEnd = true }
      }
      try await flush()
      extendDeadline()
    }
    if let failure { throw failure }
    return rows
  }
}

/// Where the rows of a COPY go, seen from the server.
enum CopyDirection: String {
  case server = "FROM STDIN"
  case client = "TO STDOUT"

  var status: ExecStatusType { self == .server ? PGRES_COPY_IN : PGRES_COPY_OUT }
}

/// A piece of what the server copies.
struct CopyChunk: Sendable {
  let bytes: [UInt8]
  let isLast: Bool
}
