import Foundation
import Graph
import Logging
import Storage
import Testing

@testable import App

@Suite("Rill's own documentation")
struct SampleDocumentsTests {
  private func withPages(_ body: (URL, TestDatabase, SampleDocuments) async throws -> Void) async throws {
    try await withIngestionFolder { folder in
      let database = try await TestDatabase.fresh()
      try folder.write("# Configuration\n\nSet the port.", to: "knowledge/configuration.md")
      try folder.write("# Overview\n\nRill streams.", to: "knowledge/overview.md")
      try folder.write("no page", to: "knowledge/image.png")
      let services = KnowledgeServices.forTests(database, folder: folder.appending(path: ".data"))
      let samples = SampleDocuments(
        publicDirectory: folder, services: services, settings: database.settings,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      try await body(folder, database, samples)
    }
  }

  private func sources(_ database: TestDatabase) async throws -> Set<String> {
    Set(try await database.knowledge.documents().map(\.source))
  }

  @Test("is indexed at the first start, and not looked at again without news")
  func firstStart() async throws {
    try await withPages { _, database, samples async throws in
      #expect(try await samples.index().description == "2 added")
      #expect(try await sources(database) == ["rill:configuration", "rill:overview"])
      #expect(try await samples.index() == IngestionSummary())
    }
  }

  @Test("is indexed again when a new version has changed a page")
  func changed() async throws {
    try await withPages { folder, database, samples in
      try await samples.index()
      try folder.write("# Overview\n\nRill resumes.", to: "knowledge/overview.md")
      #expect(try await samples.index().description == "1 updated")
      #expect(try await database.knowledge.search("resumes", limit: 1).count == 1)
      #expect(try await database.knowledge.documentCount() == 2)
    }
  }

  @Test("loses a page that a new version no longer has, and leaves the user's documents alone")
  func removed() async throws {
    try await withPages { folder, database, samples in
      try folder.write("My overview.", to: "mine/overview.md")
      _ = try await IngestionService(
        services: .forTests(database, folder: folder.appending(path: ".data"))
      ).ingest(paths: [folder.path + "/mine"])
      try await samples.index()
      try FileManager.default.removeItem(at: folder.appendingPathComponent("knowledge/overview.md"))
      try await samples.index()
      #expect(try await sources(database) == ["rill:configuration", "mine/overview.md"])
    }
  }

  @Test("does not come back after the user has deleted it")
  func deleted() async throws {
    try await withPages { _, database, samples in
      try await samples.index()
      for document in try await database.knowledge.documents() {
        _ = try await database.knowledge.deleteDocument(id: document.id)
      }
      #expect(try await samples.index() == IngestionSummary())
      #expect(try await sources(database).isEmpty)
    }
  }

  @Test("does no harm when it is not there")
  func missing() async throws {
    try await withPages { folder, database, samples in
      try await samples.index()
      try FileManager.default.removeItem(at: folder.appendingPathComponent("knowledge"))
      #expect(try await samples.index() == IngestionSummary())
      #expect(try await sources(database).count == 2)
    }
  }

  @Test("does not stop at a page that cannot be read")
  func unreadable() async throws {
    try await withPages { folder, database, samples in
      try folder.write(Data([0]), to: "knowledge/broken.md")
      #expect(try await samples.index().description == "2 added, 1 failed")
      #expect(try await sources(database).count == 2)
    }
  }
}
