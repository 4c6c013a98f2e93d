import Foundation
import Graph

/// What `rill ingest PATH…` does, apart from its arguments.
enum IngestCommandRunner {
  /// Ingests files and folders and shows how far it is: a bar on a terminal, a line for each file elsewhere. The last line
  /// is the summary.
  /// - Throws: ``StoreError``.
  static func ingest(
    paths: [String], with service: IngestionService, output: IngestionOutput = .standard
  ) async throws -> IngestionSummary {
    var display = IngestionDisplay(output: output)
    let summary: IngestionSummary
    do {
      summary = try await service.ingest(paths: paths) { display.show($0) }
    } catch {
      display.clear()
      throw error
    }
    display.clear()
    output.write("\(summary)\n")
    return summary
  }

  /// Gives the new chunks their vectors, with a bar on a terminal.
  static func embed(with indexer: EmbeddingIndexer, output: IngestionOutput = .standard) async throws {
    let bar = ProgressBar(width: output.width)
    var first: Int?
    var count = 0
    try await indexer.finish { embedded, total in
      let start = first ?? embedded
      first = start
      count = embedded - start
      guard output.isTerminal, total > start else { return }
      output.write(
        "\r" + bar.line(completed: count, total: total - start, label: "passages embedded") + "\u{1B}[K")
    }
    if output.isTerminal { output.write("\r\u{1B}[K") }
    if count > 0 { output.write("\(count) passages embedded\n") }
  }
}

/// Turns events into text.
private struct IngestionDisplay {
  let output: IngestionOutput
  private var total = 0
  private var completed = 0

  init(output: IngestionOutput) {
    self.output = output
  }

  mutating func show(_ event: IngestionEvent) {
    switch event {
    case .found(let files):
      total = files
    case .started(let source):
      draw(source)
    case .finished(let source, let outcome, let completed):
      self.completed = completed
      if let line = line(source, outcome) {
        clear()
        output.write(line + "\n")
      }
      draw(source)
    }
  }

  func clear() {
    if output.isTerminal { output.write("\r\u{1B}[K") }
  }

  private func draw(_ source: String) {
    guard output.isTerminal else { return }
    let bar = ProgressBar(width: output.width)
    output.write(
      "\r" + bar.line(completed: completed, total: total, label: Self.printable(source)) + "\u{1B}[K")
  }

  /// On a terminal only what a user must know stays on the screen.
  private func line(_ source: String, _ outcome: IngestionOutcome) -> String? {
    let source = Self.printable(source)
    switch outcome {
    case .failed(let reason): return "failed: \(source): \(reason)"
    case .skipped(let reason): return "skipped: \(source): \(reason)"
    case .added: return output.isTerminal ? nil : "added: \(source)"
    case .updated: return output.isTerminal ? nil : "updated: \(source)"
    case .unchanged: return output.isTerminal ? nil : "unchanged: \(source)"
    }
  }

  /// A file's name may hold control characters, which a terminal would obey.
  private static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }
}
