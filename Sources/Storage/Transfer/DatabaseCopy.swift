import Foundation
import Graph

/// Copies everything from one database to another, and compares what has arrived with what was sent.
struct DatabaseCopy: Sendable {
  let source: any TransferSource
  let target: any TransferTarget
  let makeHasher: @Sendable () -> any ContentHasher
  /// Called with each table before it is copied.
  let progress: @Sendable (String) -> Void

  /// - Throws: ``StoreError``. The target is as empty as before then.
  func run() async throws -> CopyReport {
    let clock = ContinuousClock()
    let start = clock.now
    var report = try await source.withSnapshot { reader in
      try await target.fill { target in
        var report = CopyReport()
        for table in TransferTable.allCases {
          if let reason = target.obstacle(to: table) {
            try await skip(table, reason, reader, &report)
          } else {
            try await copy(table, from: reader, to: target, &report)
          }
        }
        progress("indexes")
        try await target.finish()
        try await compare(report, with: target)
        return report
      }
    }
    report.duration = clock.now - start
    return report
  }

  private func copy(
    _ table: TransferTable, from reader: any TransferReader, to target: any TransferWriter,
    _ report: inout CopyReport
  ) async throws {
    progress(table.rawValue)
    var digest = TransferDigest(of: table)
    var fileBytes: Int64 = 0
    try await forEachPage(of: table, reader) { rows in
      for row in rows { digest.add(row) }
      guard table == .originals else { return try await target.write(rows, to: table) }
      for row in rows { fileBytes += try await copy(TransferOriginal(row: row), from: reader, to: target) }
    }
    report.tables.append(
      CopyReport.Table(
        name: table.rawValue, rows: digest.rows, bytes: digest.bytes + fileBytes, digest: digest))
  }

  private func skip(
    _ table: TransferTable, _ reason: String, _ reader: any TransferReader, _ report: inout CopyReport
  ) async throws {
    var count = 0
    try await forEachPage(of: table, reader) { count += $0.count }
    report.tables.append(
      CopyReport.Table(name: table.rawValue, rows: 0, leftOut: count, bytes: 0, digest: nil))
    if count > 0, !report.warnings.contains(reason) { report.warnings.append(reason) }
  }

  /// - Returns: the size of the file.
  private func copy(
    _ original: TransferOriginal, from reader: any TransferReader, to target: any TransferWriter
  ) async throws -> Int64 {
    var offset = 0
    var hasher = makeHasher()
    try await target.writeOriginal(original) {
      let part = try await reader.part(of: original, from: offset)
      offset += part.count
      hasher.update(part)
      return part.isEmpty ? nil : part
    }
    guard offset == original.byteCount, hasher.finalize() == original.contentHash else {
      throw StoreError(
        .failed, "An original file at the source is damaged. Delete its document, or put the file back.",
        detail: "original \(original.contentHash)")
    }
    return Int64(offset)
  }

  // MARK: Comparing

  private func compare(_ report: CopyReport, with target: any TransferReader) async throws {
    for (table, copied) in zip(TransferTable.allCases, report.tables) {
      guard let expected = copied.digest else { continue }
      progress("comparing \(table.rawValue)")
      var digest = TransferDigest(of: table)
      try await forEachPage(of: table, target) { rows in
        for row in rows { digest.add(row) }
        guard table == .originals else { return }
        for row in rows { try await compare(TransferOriginal(row: row), with: target) }
      }
      guard digest == expected else { throw Self.difference(table, expected.rows, digest.rows) }
    }
  }

  private func compare(_ original: TransferOriginal, with target: any TransferReader) async throws {
    var offset = 0
    var hasher = makeHasher()
    while true {
      let part = try await target.part(of: original, from: offset)
      guard !part.isEmpty else { break }
      offset += part.count
      hasher.update(part)
    }
    guard offset == original.byteCount, hasher.finalize() == original.contentHash else {
      throw Self.difference(.originals, 1, 1)
    }
  }

  private static func difference(_ table: TransferTable, _ sent: Int, _ arrived: Int) -> StoreError {
    StoreError(
      .failed,
      sent == arrived
        ? "The copy is not what was copied: \(table.rawValue) differ. Nothing was kept; try again."
        : "The copy is not what was copied: of \(sent) \(table.rawValue), \(arrived) are there. Nothing was kept; try again.",
      detail: "table \(table.rawValue)")
  }

  private func forEachPage(
    of table: TransferTable, _ reader: any TransferReader, _ body: ([TransferRow]) async throws -> Void
  ) async throws {
    var position: [TransferValue]?
    repeat {
      try Task.checkCancellation()
      let page = try await reader.page(of: table, after: position)
      if !page.rows.isEmpty { try await body(page.rows) }
      position = page.end
    } while position != nil
  }
}

/// What a copy came to.
public struct CopyReport: Sendable {
  public struct Table: Sendable {
    public let name: String
    public let rows: Int
    /// Rows at the source that the target cannot keep.
    public var leftOut = 0
    /// Of the rows and, for original files, of the files.
    public let bytes: Int64
    /// `nil` when nothing was copied.
    let digest: TransferDigest?
  }

  public internal(set) var tables: [Table] = []
  /// Sentences for people.
  public internal(set) var warnings: [String] = []
  public internal(set) var duration = Duration.zero
}
