internal import CPostgres

/// The rows of a statement, in binary as the server sent them. Values are decoded when they are asked for.
public struct PostgresResult: Sendable, RandomAccessCollection {
  let storage: ResultStorage

  public var startIndex: Int { 0 }
  public var endIndex: Int { storage.rowCount }

  public subscript(position: Int) -> PostgresRow {
    precondition(indices.contains(position), "a row that the result does not have")
    return PostgresRow(source: .result(storage, position))
  }

  /// How many rows the statement inserted, updated, deleted, merged, selected or copied.
  public var affectedRows: Int { storage.affectedRows }

  /// The names of the columns, in order.
  public var columns: [String] { storage.columns.map(\.name) }
}

/// A column of a result.
struct ResultColumn: Sendable {
  let name: String
  let type: UInt32
}

/// Owns what libpq allocated for a result.
///
/// `@unchecked`: the pointer is set once and freed once, and everything that is called on it here only reads
/// memory that libpq no longer changes once it has handed out the result.
final class ResultStorage: @unchecked Sendable {
  /// For libpq's functions that read.
  let pointer: OpaquePointer
  let rowCount: Int
  let columns: [ResultColumn]
  let affectedRows: Int
  private let indices: [String: Int]

  /// Takes over the result.
  init(owning result: OpaquePointer) {
    pointer = result
    rowCount = Int(PQntuples(result))
    columns = (0..<PQnfields(result)).map { index in
      ResultColumn(
        name: PQfname(result, index).map { String(cString: $0) } ?? "", type: PQftype(result, index))
    }
    affectedRows = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    indices = Dictionary(columns.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  deinit {
    PQclear(pointer)
  }

  /// What the server calls the command that it ran, "COMMIT" or "INSERT 0 1".
  var commandTag: String {
    PQcmdStatus(pointer).map { String(cString: $0) } ?? ""
  }

  func index(of column: String) -> Int? { indices[column] }

  func withCell<Value>(row: Int, column: Int, _ body: (PostgresCell) throws -> Value) rethrows -> Value {
    let (row, index) = (Int32(row), Int32(column))
    var bytes: UnsafeRawBufferPointer?
    if PQgetisnull(pointer, row, index) == 0 {
      bytes = UnsafeRawBufferPointer(
        start: PQgetvalue(pointer, row, index), count: Int(PQgetlength(pointer, row, index)))
    }
    return try withExtendedLifetime(self) {
      try body(PostgresCell(bytes: bytes, type: columns[column].type, column: columns[column].name))
    }
  }
}
