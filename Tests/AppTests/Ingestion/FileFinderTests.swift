import Foundation
import Testing

@testable import App

@Suite("Finding files")
struct FileFinderTests {
  private func sources(_ findings: [FileFinder.Finding]) -> [String] {
    findings.map {
      switch $0 {
      case .file(let file): file.source
      case .failure(let source, let reason): "\(source): \(reason)"
      }
    }
  }

  @Test("searches folders to any depth, without hidden files, node_modules and other kinds of files")
  func folders() async throws {
    try await withIngestionFolder { folder in
      for path in [
        "notes/b.md", "notes/a.txt", "notes/deep/er/c.MARKDOWN", "notes/README", "notes/.hidden.md",
        "notes/.git/d.md", "notes/node_modules/e.md", "notes/photo.jpg", "notes/binary",
      ] {
        try folder.write("text", to: path)
      }
      let found = FileFinder.find([folder.appendingPathComponent("notes").path])
      #expect(
        sources(found) == ["notes/README", "notes/a.txt", "notes/b.md", "notes/deep/er/c.MARKDOWN"])
    }
  }

  @Test("calls a file the same whether it is named itself or found in its folder, and lists it once")
  func names() async throws {
    try await withIngestionFolder { folder in
      try folder.write("text", to: "notes/river.md")
      let path = folder.appendingPathComponent("notes").path
      #expect(
        sources(FileFinder.find([path, path + "/", path + "/../notes/river.md"])) == ["notes/river.md"])
    }
  }

  @Test("takes a file of any name when it is named itself")
  func anyName() async throws {
    try await withIngestionFolder { folder in
      try folder.write("text", to: "notes/river.weird")
      #expect(
        sources(FileFinder.find([folder.appendingPathComponent("notes/river.weird").path])) == [
          "notes/river.weird"
        ])
    }
  }

  @Test("follows symbolic links, but not in circles")
  func links() async throws {
    try await withIngestionFolder { folder in
      try folder.write("text", to: "outside/linked.md")
      try folder.write("text", to: "notes/a.md")
      let manager = FileManager.default
      func link(_ path: String, to target: String) throws {
        try manager.createSymbolicLink(
          atPath: folder.appendingPathComponent(path).path, withDestinationPath: target)
      }
      try link("notes/up", to: "..")
      try link("notes/self", to: ".")
      try link("notes/knot", to: "knot")
      try link("notes/broken.md", to: "nowhere.md")
      try link("notes/file.md", to: "../outside/linked.md")
      let found = sources(FileFinder.find([folder.appendingPathComponent("notes").path]))
      #expect(found.contains("notes/a.md"))
      #expect(found.contains("notes/file.md"))
      #expect(found.contains("notes/up/outside/linked.md"))
      #expect(found.count == 3)
    }
  }

  @Test("reports a path that leads nowhere, and goes on")
  func missing() async throws {
    try await withIngestionFolder { folder in
      try folder.write("text", to: "notes/a.md")
      let found = FileFinder.find([
        "/no/such/file.md", "/dev/null", folder.appendingPathComponent("notes").path,
      ])
      #expect(
        sources(found) == [
          "/no/such/file.md: It does not exist.", "/dev/null: It is not a file or folder that can be read.",
          "notes/a.md",
        ])
    }
  }

  @Test("refuses the second of two files that would be called the same")
  func sameName() async throws {
    try await withIngestionFolder { folder in
      try folder.write("one", to: "x/docs/a.md")
      try folder.write("two", to: "y/docs/a.md")
      let found = sources(
        FileFinder.find(["x/docs", "y/docs"].map { folder.appendingPathComponent($0).path }))
      #expect(found.first == "docs/a.md")
      #expect(found.count == 2 && found[1].contains("same folder and name"))
    }
  }
}
