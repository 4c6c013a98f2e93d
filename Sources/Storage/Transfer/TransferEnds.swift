public import Foundation
import Graph

/// A database that is copied from.
protocol TransferSource: Sendable {
  /// Reads everything as it is at one moment, whatever is written meanwhile.
  /// - Throws: ``StoreError`` with ``StoreError/Code/conflict`` while somebody works with the database: what goes on there
  ///   would be missing in the copy.
  func withSnapshot<Value: Sendable>(
    _ body: (any TransferReader) async throws -> Value
  ) async throws -> Value
}

/// A database that is copied to.
protocol TransferTarget: Sendable {
  /// Runs `body`, which writes everything and then reads it again. Only when it returns is the database there; until then,
  /// and after an error or the end of the process, it is as empty as it was.
  /// - Throws: ``StoreError`` with ``StoreError/Code/conflict`` when there is something in the database, or somebody works
  ///   with it.
  func fill<Value: Sendable>(
    _ body: (any TransferReader & TransferWriter) async throws -> Value
  ) async throws -> Value
}

protocol TransferReader: Sendable {
  /// The next rows of a table.
  /// - Parameter position: ``TransferPage/end`` of the page before; `nil` for the first.
  func page(of table: TransferTable, after position: [TransferValue]?) async throws -> TransferPage
  /// A part of an original file, at most 1 MiB of it; empty at its end.
  func part(of original: TransferOriginal, from offset: Int) async throws -> Data
}

protocol TransferWriter: Sendable {
  /// Why a table cannot be kept in this database, as a sentence for people; `nil` when it can.
  func obstacle(to table: TransferTable) -> String?
  /// Adds rows, which come in their order.
  func write(_ rows: [TransferRow], to table: TransferTable) async throws
  /// Stores a file, all of it or nothing.
  func writeOriginal(_ original: TransferOriginal, nextPart: () async throws -> Data?) async throws
  /// Makes what follows from the rows.
  func finish() async throws
}

/// Rows that follow each other.
struct TransferPage: Sendable {
  var rows: [TransferRow]
  /// Where the next page begins; `nil` when there is none.
  var end: [TransferValue]?
}

/// A file that a document was made from, as one owner has it.
struct TransferOriginal: Sendable, Hashable {
  let owner: String
  /// SHA-256, lower-case hexadecimal.
  let contentHash: String
  let byteCount: Int

  init(row: TransferRow) throws {
    owner = try row.text(0)
    contentHash = try row.text(1)
    byteCount = Int(try row.int(2))
  }
}

/// Makes the hash that an original file is named by. The program brings it: this module has no cryptography.
public protocol ContentHasher {
  mutating func update(_ data: Data)
  /// SHA-256 of what was given, as lower-case hexadecimal.
  func finalize() -> String
}
