import Foundation
import GRDB
import Graph

/// A SQLite database that rows are read from.
struct SQLiteTransferReader: TransferReader {
  let reader: any DatabaseReader
  let originals: OriginalFolder

  func page(of table: TransferTable, after position: [TransferValue]?) async throws -> TransferPage {
    let select = SQLiteTransferTables.select(table)
    let kinds = (select.key + table.columns).map(\.kind)
    let sql = select.sql(table, continues: position != nil) { "?\($0)" }
    let arguments = StatementArguments((position ?? []).map(\.databaseValue))
    var page: TransferPage
    do {
      page = try await reader.read { db in
        let rows = try Row.fetchCursor(try db.cachedStatement(sql: sql), arguments: arguments)
        var values: [[TransferValue]] = []
        while let row = try rows.next() {
          values.append(try kinds.enumerated().map { try TransferValue(row[$0] as DatabaseValue, $1) })
        }
        return select.page(table, values)
      }
    } catch {
      throw SQLiteErrorMapping.map(error)
    }
    if table == .originals { page.rows = try await withSizes(page.rows) }
    return page
  }

  func part(of original: TransferOriginal, from offset: Int) async throws -> Data {
    try await originals.part(contentHash: original.contentHash, from: offset)
  }

  /// Those whose file is there: a document of an older version has none.
  private func withSizes(_ rows: [TransferRow]) async throws -> [TransferRow] {
    var found: [TransferRow] = []
    for var row in rows {
      guard let size = try await originals.size(contentHash: row.text(1)) else { continue }
      row.values[2] = .int(Int64(size))
      found.append(row)
    }
    return found
  }
}

/// A new SQLite database that rows are written to.
struct SQLiteTransferStore: TransferReader, TransferWriter {
  let queue: DatabaseQueue
  let originals: OriginalFolder

  private var reader: SQLiteTransferReader { SQLiteTransferReader(reader: queue, originals: originals) }

  func page(of table: TransferTable, after position: [TransferValue]?) async throws -> TransferPage {
    try await reader.page(of: table, after: position)
  }

  func part(of original: TransferOriginal, from offset: Int) async throws -> Data {
    try await reader.part(of: original, from: offset)
  }

  func obstacle(to table: TransferTable) -> String? { nil }

  func write(_ rows: [TransferRow], to table: TransferTable) async throws {
    do {
      try await insert(rows, into: table)
    } catch let error as StoreError where error.code == .conflict {
      // PostgreSQL tells rows of different owners apart that have one id, SQLite does not.
      throw StoreError(
        .failed, "Some \(table.rawValue) of two owners have the same id, which SQLite cannot keep.",
        detail: error.detail)
    }
  }

  private func insert(_ rows: [TransferRow], into table: TransferTable) async throws {
    try await write { db in
      let statement = try db.cachedStatement(sql: SQLiteTransferTables.insert(table))
      for row in rows {
        var arguments = row.values.map(\.databaseValue)
        if table == .vectors { arguments.append(row.values[3].fingerprint.databaseValue) }
        try statement.execute(arguments: StatementArguments(arguments))
        guard db.changesCount == 1 else { throw TransferObstacle.orphan(in: table) }
        guard table == .vectors else { continue }
        try db.cachedStatement(sql: SQLiteTransferTables.insertVectorValue)
          .execute(arguments: [db.lastInsertedRowID, arguments[3]])
      }
    }
  }

  func writeOriginal(_ original: TransferOriginal, nextPart: () async throws -> Data?) async throws {
    try await originals.write(contentHash: original.contentHash, nextPart: nextPart)
  }

  func finish() async throws {
    try await write { try $0.execute(sql: SQLiteTransferTables.queue) }
  }

  private func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
    do {
      try await queue.write(body)
    } catch {
      throw SQLiteErrorMapping.map(error)
    }
  }
}

extension TransferValue {
  fileprivate init(_ value: DatabaseValue, _ kind: TransferColumn.Kind) throws {
    guard !value.isNull else {
      self = .null
      return
    }
    let decoded: TransferValue? =
      switch kind {
      case .text: String.fromDatabaseValue(value).map(TransferValue.text)
      case .int: Int64.fromDatabaseValue(value).map(TransferValue.int)
      case .bool: Bool.fromDatabaseValue(value).map(TransferValue.bool)
      case .id: String.fromDatabaseValue(value).flatMap(UUID.init(uuidString:)).map(TransferValue.id)
      case .bytes: Data.fromDatabaseValue(value).map(TransferValue.bytes)
      case .floats:
        try Data.fromDatabaseValue(value).map {
          .floats(try VectorBytes.vector($0, dimension: $0.count / MemoryLayout<Float>.stride))
        }
      }
    guard let decoded else { throw StoredValues.unreadable("row") }
    self = decoded
  }

  fileprivate var databaseValue: DatabaseValue {
    switch self {
    case .null: .null
    case .text(let text): text.databaseValue
    case .int(let number): number.databaseValue
    case .bool(let flag): flag.databaseValue
    case .id(let id): StoredValues.text(id).databaseValue
    case .bytes(let data): data.databaseValue
    case .floats(let numbers): VectorBytes.data(numbers).databaseValue
    }
  }

  /// See ``VectorBytes/fingerprint(_:)``.
  fileprivate var fingerprint: Int64 {
    guard case .floats(let numbers) = self else { return 0 }
    return numbers.withUnsafeBufferPointer(VectorBytes.fingerprint)
  }
}
