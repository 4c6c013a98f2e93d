extension PostgresConnection {
  /// Sends many rows at once, much faster than INSERT does: `COPY items (id, name) FROM STDIN (FORMAT binary)`.
  ///
  /// Rows are asked for as fast as the server takes them. When a row cannot be sent, when `rows` throws, or when the
  /// server refuses one, nothing is stored. COPY converts nothing, so the columns' types are needed.
  ///
  /// - Parameter columns: the types of the columns that the statement names, in its order.
  /// - Returns: how many rows were stored.
  /// - Throws: also what `rows` throws.
  @discardableResult
  public nonisolated(nonsending) func copyIn<Rows: AsyncSequence>(
    _ sql: String, columns: [PostgresType], rows: Rows
  ) async throws -> Int where Rows.Element == [PostgresValue] {
    var iterator = rows.makeAsyncIterator()
    return try await copyIn(sql, columns: columns) { try await iterator.next(isolation: #isolation) }
  }

  /// Sends many rows at once, as the other one does.
  @discardableResult
  public nonisolated(nonsending) func copyIn<Rows: Sequence>(
    _ sql: String, columns: [PostgresType], rows: Rows
  ) async throws -> Int where Rows.Element == [PostgresValue] {
    var iterator = rows.makeIterator()
    return try await copyIn(sql, columns: columns) { iterator.next() }
  }

  private nonisolated(nonsending) func copyIn(
    _ sql: String, columns: [PostgresType], next: nonisolated(nonsending) () async throws -> [PostgresValue]?
  ) async throws -> Int {
    try check(sql)
    try await open()
    return try await record {
      let id = try await session.beginCopy(sql, columns: columns.count, into: .server, cancellation)
      do {
        var writer = CopyWriter(columns: columns)
        while let row = try await next() {
          try writer.write(row)
          guard let chunk = writer.takeFullChunk() else { continue }
          if cancellation == .cancelsQuery { try Task.checkCancellation() }
          try await session.sendCopy(id, chunk, cancellation)
        }
        try await session.sendCopy(id, writer.finish(), cancellation)
      } catch {
        // The server confirms with an error of its own that it has forgotten the rows; when the connection was lost
        // there is nobody to tell.
        _ = try? await session.finishCopyIn(id, failure: "the rows ended early", .carriesThrough)
        throw error
      }
      return try await session.finishCopyIn(id, failure: nil, cancellation)
    }
  }

  /// Reads many rows one after the other, without holding more than a few of them:
  /// `COPY (SELECT id, name FROM items) TO STDOUT (FORMAT binary)`.
  ///
  /// The server waits while `row` runs. When `row` throws, the copy is cancelled on the server.
  ///
  /// - Parameters:
  ///   - columns: the types of the columns, in the statement's order; COPY does not tell them.
  ///   - row: called for each row, whose values are asked for by their index.
  /// - Returns: how many rows there were.
  /// - Throws: also what `row` throws.
  @discardableResult
  public nonisolated(nonsending) func copyOut(
    _ sql: String, columns: [PostgresType], _ row: nonisolated(nonsending) (PostgresRow) async throws -> Void
  ) async throws -> Int {
    try check(sql)
    try await open()
    return try await record {
      let id = try await session.beginCopy(sql, columns: columns.count, into: .client, cancellation)
      var reader = CopyReader(columns: columns)
      var count = 0
      while true {
        let chunk = try await session.readCopy(id, cancellation)
        do {
          if cancellation == .cancelsQuery { try Task.checkCancellation() }
          reader.append(chunk.bytes)
          while let copied = try reader.next() {
            try await row(PostgresRow(source: .copied(copied)))
            count += 1
          }
        } catch {
          await session.abandonCopy(id)
          throw error
        }
        if chunk.isLast { break }
      }
      try await session.finishCopyOut(id, cancellation)
      return count
    }
  }

  private func check(_ sql: String) throws {
    guard !sql.utf8.contains(0) else {
      throw PostgresError(.usage(.nulInText), "a statement holds the character U+0000")
    }
  }
}
