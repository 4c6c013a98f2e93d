import Foundation
import Graph
import Storage
import Synchronization

@testable import App

/// Runs `body` with a new folder and removes it afterwards.
func withIngestionFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("rill-ingestion-\(UUID().uuidString)", isDirectory: true)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}

extension URL {
  /// Writes a file, with the folders above it.
  func write(_ text: String, to path: String) throws {
    try write(Data(text.utf8), to: path)
  }

  func write(_ data: Data, to path: String) throws {
    let file = appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file)
  }
}

/// Collects what a runner writes.
final class OutputRecorder: Sendable {
  private let parts = Mutex<[String]>([])

  var text: String { parts.withLock { $0.joined() } }
  var lines: [String] { text.split(separator: "\n").map(String.init) }

  func output(isTerminal: Bool) -> IngestionOutput {
    IngestionOutput(isTerminal: isTerminal, width: 60) { part in
      self.parts.withLock { $0.append(part) }
    }
  }
}

/// A store that fails, as when the disk is full.
struct FailingKnowledgeStore: KnowledgeStore {
  static let error = StoreError(.failed, "The disk is full.")

  func save(_ document: Document, text: ExtractedText, chunks: [Chunk]) async throws -> SaveOutcome {
    throw Self.error
  }
  func finishReading(
    _ document: Document, text: ExtractedText, chunks: [Chunk]
  ) async throws -> SaveOutcome? { throw Self.error }
  func search(_ query: String, limit: Int, filter: SearchFilter) async throws -> [Passage] {
    throw Self.error
  }
  func documents(_ query: DocumentQuery) async throws -> DocumentPage { throw Self.error }
  func documentCount() async throws -> Int { throw Self.error }
  func document(id: UUID) async throws -> Document? { throw Self.error }
  func document(contentHash: String) async throws -> Document? { throw Self.error }
  func document(source: String) async throws -> Document? { throw Self.error }
  func existingDocuments(among ids: Set<UUID>) async throws -> Set<UUID> { throw Self.error }
  func text(documentID: UUID) async throws -> ExtractedText? { throw Self.error }
  func chunks(documentID: UUID, ordinals: Range<Int>) async throws -> [Chunk] { throw Self.error }
  func chunk(id: UUID) async throws -> Chunk? { throw Self.error }
  func deleteDocument(id: UUID) async throws -> Document? { throw Self.error }
}
