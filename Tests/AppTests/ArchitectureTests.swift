import Foundation
import Testing

/// The walls between the modules: who may import what.
@Suite struct ArchitectureTests {
  static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources")

  /// What each module may import besides Foundation and the standard library's own modules.
  static let allowed: [String: Set<String>] = [
    "Graph": ["Logging", "DequeModule", "Algorithms"],
    "Extraction": ["Graph", "CProcess", "CXML2", "CZip"],
    "Providers": ["Graph", "CCurl", "CKernels", "Logging", "DequeModule"],
    "Postgres": ["CPostgres", "DequeModule", "Logging"],
    "Storage": ["Graph", "CFullText", "CKernels", "GRDB", "Logging", "Postgres"],
  ]
  static let standard: Set<String> = [
    "Foundation", "Synchronization", "Dispatch", "Glibc", "Darwin", "Musl", "CoreFoundation",
  ]

  static func swiftFiles(in folder: String) -> [URL] {
    let root = sources.appending(path: folder)
    let enumerator = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    return (enumerator?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
  }

  /// `public import Foo`, `@preconcurrency import struct Foo.Bar` → `Foo`
  static func imports(of file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      var words = line.split(separator: " ").map(String.init)
      guard let index = words.firstIndex(of: "import"),
        words[..<index].allSatisfy({
          $0.hasPrefix("@") || ["public", "internal", "package", "private", "fileprivate"].contains($0)
        })
      else { return nil }
      words.removeSubrange(...index)
      if let kind = words.first,
        ["struct", "class", "enum", "func", "protocol", "typealias", "var"].contains(kind)
      {
        words.removeFirst()
      }
      return words.first?.split(separator: ".").first.map(String.init)
    }
  }

  @Test("Each module imports only what the architecture allows", arguments: allowed.keys.sorted())
  func imports(module: String) throws {
    let files = Self.swiftFiles(in: module)
    try #require(!files.isEmpty)
    let permitted = (Self.allowed[module] ?? []).union(Self.standard)
    for file in files {
      for name in try Self.imports(of: file) where !permitted.contains(name) {
        Issue.record("\(file.lastPathComponent) imports \(name), which \(module) may not")
      }
    }
  }

  @Test("Graph touches neither files nor sockets")
  func graphIsPure() throws {
    for file in Self.swiftFiles(in: "Graph") {
      let text = try String(contentsOf: file, encoding: .utf8)
      for word in ["FileManager", "FileHandle", "URLSession", "contentsOf:"] where text.contains(word) {
        if word == "contentsOf:", !text.contains("String(contentsOf:"), !text.contains("Data(contentsOf:") {
          continue
        }
        Issue.record("\(file.lastPathComponent) uses \(word)")
      }
    }
  }

  @Test("Structured concurrency only: no Task { } and no Task.detached in Sources; no file over 500 lines")
  func structuredConcurrency() throws {
    let task = /\bTask(\.detached)?\s*(\(priority:[^)]*\)\s*)?\{/
    for file in ["Graph", "Extraction", "Providers", "Postgres", "Storage", "App"].flatMap(Self.swiftFiles) {
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.firstMatch(of: task) == nil, "\(file.lastPathComponent) starts an unstructured task")
      #expect(!text.contains("try!"), "\(file.lastPathComponent) uses try!")
      #expect(
        text.split(separator: "\n", omittingEmptySubsequences: false).count <= 500,
        "\(file.lastPathComponent)")
    }
  }
}
