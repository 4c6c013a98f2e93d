import ArgumentParser
import Crypto
import Foundation
import Graph
import Logging
import Storage

/// `rill copy --from DATABASE --to DATABASE`: moves everything from one database to another, from SQLite to PostgreSQL or back.
struct CopyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy",
    abstract: "Copies everything from one database to an empty one, and checks the copy.",
    discussion: """
      A database is sqlite:FOLDER with a data folder, or the address of a PostgreSQL database: postgres://…. No Rill may \
      be running with either of them. The source stays as it is.

      Every user of the machine can read a command line: give a password in a password file or in PGPASSWORD, or name an \
      address env:NAME to have it read from the variable NAME.
      """)

  @Option(help: "The database to copy: sqlite:FOLDER, postgres://… or env:NAME.")
  var from: String

  @Option(help: "The database to copy to, in which there is nothing yet.")
  var to: String

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel = "warning"

  func run() async throws {
    do {
      let logger = LogBootstrap.start(level: .init(rawValue: logLevel) ?? .warning)
      let (source, target) = (try Self.address(from, "--from"), try Self.address(to, "--to"))
      let display = CopyDisplay(output: .standard)
      display.begin("\(source)", "\(target)")
      let report = try await source.copy(
        to: target, logger: logger, makeHasher: { OriginalHasher() }, progress: { display.show($0) })
      display.end(report)
    } catch let error as StoreError {
      FileHandle.standardError.write(Data("rill: \(error.message)\n".utf8))
      throw ExitCode.failure
    }
  }

  /// - Throws: ``StoreError``, which does not repeat what was given: it may hold a password.
  private static func address(_ text: String, _ option: String) throws -> DatabaseAddress {
    guard text.hasPrefix("env:") else { return try DatabaseAddress(text) }
    let name = String(text.dropFirst("env:".count))
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
      throw StoreError(
        .unavailable, "The variable that \(option) names is not set. Set it, or give an address.")
    }
    return try DatabaseAddress(value)
  }
}

/// SHA-256.
private struct OriginalHasher: ContentHasher {
  private var hasher = SHA256()

  mutating func update(_ data: Data) { hasher.update(data: data) }

  func finalize() -> String { hasher.finalize().hexadecimal }
}

/// Tells how far a copy is and what it came to.
struct CopyDisplay: Sendable {
  let output: IngestionOutput

  func begin(_ source: String, _ target: String) {
    output.write("Copying \(source) to \(target)\n")
  }

  /// What is done next; only a terminal shows it.
  func show(_ step: String) {
    guard output.isTerminal else { return }
    output.write("\r\(step) …\u{1B}[K")
  }

  func end(_ report: CopyReport) {
    if output.isTerminal { output.write("\r\u{1B}[K") }
    output.write(Self.table(report))
    for warning in report.warnings { output.write("Warning: \(warning)\n") }
  }

  /// A line for each table, and their sum.
  static func table(_ report: CopyReport) -> String {
    let rows = report.tables.map { table in
      [
        table.name, "\(table.rows)", Self.size(table.bytes),
        table.leftOut > 0 ? "\(table.leftOut) left out" : "",
      ]
    }
    let seconds = report.duration / .seconds(1)
    let bytes = report.tables.reduce(0) { $0 + $1.bytes }
    let sum = ["together", "\(report.tables.reduce(0) { $0 + $1.rows })", Self.size(bytes), ""]
    let lines = [["", "rows", "bytes", ""]] + rows + [sum]
    let widths = (0..<3).map { column in lines.map { $0[column].count }.max() ?? 0 }
    let text = lines.map { line in
      let cells = [
        line[0].padding(toLength: widths[0], withPad: " ", startingAt: 0),
        String(repeating: " ", count: widths[1] - line[1].count) + line[1],
        String(repeating: " ", count: widths[2] - line[2].count) + line[2], line[3],
      ]
      return cells.joined(separator: "  ").trimmingSuffix(" ")
    }
    return text.joined(separator: "\n")
      + "\nCopied and compared in \(String(format: "%.1f", seconds)) s\n"
  }

  private static func size(_ bytes: Int64) -> String {
    switch bytes {
    case ..<10_000: "\(bytes)"
    case ..<10_000_000: "\(bytes / 1_000) kB"
    default: "\(bytes / 1_000_000) MB"
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ character: Character) -> String {
    var text = Substring(self)
    while text.last == character { text.removeLast() }
    return String(text)
  }
}
