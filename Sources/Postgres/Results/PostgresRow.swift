/// One row of a result, or one that is copied out.
public struct PostgresRow: Sendable {
  enum Source: Sendable {
    case result(ResultStorage, Int)
    case copied(CopiedRow)
  }

  let source: Source

  /// How many columns the row has.
  public var count: Int {
    switch source {
    case .result(let storage, _): storage.columns.count
    case .copied(let row): row.fields.count
    }
  }

  /// The value of a column. Of two columns with one name, the first one is meant.
  ///
  /// - Throws: ``PostgresError`` of the kind `decoding` when there is no such column, when its type is another one, or
  ///   when it is NULL and `Value` is no optional.
  public subscript<Value: PostgresDecodable>(name: String) -> Value {
    get throws {
      guard case .result(let storage, _) = source, let index = storage.index(of: name) else {
        throw PostgresError(.decoding, "the result has no column \(name)")
      }
      return try self[index]
    }
  }

  /// The value of a column, counted from 0.
  ///
  /// - Throws: as ``subscript(_:)-(String)``.
  public subscript<Value: PostgresDecodable>(index: Int) -> Value {
    get throws {
      guard index >= 0, index < count else {
        throw PostgresError(.decoding, "the row has \(count) columns, and none at \(index)")
      }
      switch source {
      case .result(let storage, let row):
        return try storage.withCell(row: row, column: index) { try Value(cell: $0) }
      case .copied(let row):
        return try row.withCell(column: index) { try Value(cell: $0) }
      }
    }
  }
}

/// A row that COPY sent: the fields' bytes and the types that the caller named.
struct CopiedRow: Sendable {
  let bytes: [UInt8]
  /// `nil` is NULL.
  let fields: [Range<Int>?]
  let types: [PostgresType]

  func withCell<Value>(column: Int, _ body: (PostgresCell) throws -> Value) rethrows -> Value {
    try bytes.withUnsafeBytes { buffer in
      let bytes = fields[column].map { UnsafeRawBufferPointer(rebasing: buffer[$0]) }
      let type = types[column].oid ?? OID.firstOfUsers
      return try body(PostgresCell(bytes: bytes, type: type, column: "\(column)"))
    }
  }
}
