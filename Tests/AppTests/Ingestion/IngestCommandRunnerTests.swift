import Foundation
import Graph
import Storage
import Testing

@testable import App

@Suite("rill ingest")
struct IngestCommandRunnerTests {
  private func service(
    in folder: URL, store: (any KnowledgeStore)? = nil
  ) async throws -> IngestionService {
    let data = folder.appending(path: ".data")
    let services = KnowledgeServices.forTests(try await .fresh(), folder: data) {
      if let store { $0.stores.knowledge = store }
    }
    return IngestionService(services: services)
  }

  @Test("prints a line for each file and a summary when its output is not a terminal")
  func lines() async throws {
    try await withIngestionFolder { folder in
      let service = try await service(in: folder)
      try folder.write("one", to: "n/a.md")
      try folder.write(Data([0]), to: "n/b.md")
      let recorder = OutputRecorder()
      let summary = try await IngestCommandRunner.ingest(
        paths: [folder.path + "/n"], with: service, output: recorder.output(isTerminal: false))
      #expect(recorder.lines.count == 3)
      #expect(recorder.lines.first == "added: n/a.md")
      #expect(recorder.lines[1].hasPrefix("failed: n/b.md: "))
      #expect(recorder.lines.last == "1 added, 1 failed")
      #expect(summary.exitCode == 1)
    }
  }

  @Test("draws a bar on a terminal, leaves only failures and the summary")
  func bar() async throws {
    try await withIngestionFolder { folder in
      let service = try await service(in: folder)
      try folder.write("one", to: "n/a.md")
      try folder.write("two", to: "n/b.md")
      let recorder = OutputRecorder()
      let summary = try await IngestCommandRunner.ingest(
        paths: [folder.path + "/n"], with: service, output: recorder.output(isTerminal: true))
      #expect(recorder.text.contains("\r[##########----------] 50 %  1/2  n/a.md\u{1B}[K"))
      #expect(recorder.text.hasSuffix("\r\u{1B}[K2 added\n"))
      #expect(recorder.lines.count == 1)
      #expect(summary.exitCode == 0)
    }
  }

  @Test("does not let a file's name control the terminal")
  func controlCharacters() async throws {
    try await withIngestionFolder { folder in
      let service = try await service(in: folder)
      try folder.write("one", to: "n/\u{1B}[2Ja.md")
      let recorder = OutputRecorder()
      _ = try await IngestCommandRunner.ingest(
        paths: [folder.path + "/n"], with: service, output: recorder.output(isTerminal: false))
      #expect(recorder.lines.first == "added: n/?[2Ja.md")
    }
  }

  @Test("says so when there is nothing to ingest")
  func nothing() async throws {
    try await withIngestionFolder { folder in
      let recorder = OutputRecorder()
      _ = try await IngestCommandRunner.ingest(
        paths: [folder.path], with: try await service(in: folder),
        output: recorder.output(isTerminal: false))
      #expect(recorder.lines == ["no files found"])
    }
  }

  @Test("cleans the line before a failure of the store is shown")
  func failingStore() async throws {
    try await withIngestionFolder { folder in
      try folder.write("one", to: "n/a.md")
      let recorder = OutputRecorder()
      await #expect(throws: StoreError.self) {
        try await IngestCommandRunner.ingest(
          paths: [folder.path], with: try await service(in: folder, store: FailingKnowledgeStore()),
          output: recorder.output(isTerminal: true))
      }
      #expect(recorder.text.hasSuffix("\r\u{1B}[K"))
    }
  }

  @Test(
    "has a bar that fits its width",
    arguments: [
      (0, 4, 80, "[--------------------] 0 %  0/4  x"), (4, 4, 80, "[####################] 100 %  4/4  x"),
      (0, 0, 80, "[####################] 100 %  0/0  x"), (1, 4, 10, "[#####---"), (1, 4, 0, "["),
    ])
  func width(completed: Int, total: Int, width: Int, expected: String) {
    let line = ProgressBar(width: width).line(completed: completed, total: total, label: "x")
    #expect(line.hasPrefix(expected) && line.count <= max(width - 1, 1))
  }
}
