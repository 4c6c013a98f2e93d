import Extraction
import Foundation
import Graph

/// What a user sees of a document: as it is stored, or on its way to be.
struct DocumentState: Sendable, Hashable, Codable {
  enum Status: String, Sendable, Hashable, Codable, CaseIterable {
    case queued, reading
    /// Stored and found by its words; some of its chunks wait for their vectors.
    case embedding
    case ready, failed, cancelled

    /// Whether something will still happen by itself.
    var isUnfinished: Bool { self == .queued || self == .reading || self == .embedding }
  }

  struct Progress: Sendable, Hashable, Codable {
    var done: Int
    /// `nil` when it is not known.
    var total: Int?
    /// `pages`, `parts` or `chunks`.
    var unit: String
  }

  let id: UUID
  var title: String
  var source: String
  var mediaType: String
  var byteCount: Int
  var pageCount: Int?
  var chunkCount = 0
  var embeddedCount = 0
  var createdAt: Date
  var updatedAt: Date
  var status: Status
  var progress: Progress?
  var failure: IngestionJob.Failure?
  var hasOriginal = true

  /// The source without its last part; empty for a source without folders.
  var folder: String {
    source.lastIndex(of: "/").map { String(source[..<$0]) } ?? ""
  }

  /// The last part of the source.
  var name: String {
    source.split(separator: "/").last.map(String.init) ?? source
  }
}

extension DocumentState {
  /// A stored document.
  /// - Parameter embedded: how many of its chunks have a vector; `nil` when none are wanted.
  init(_ document: Document, embedded: Int?, hasOriginal: Bool) {
    self.init(
      id: document.id, title: document.title, source: document.source, mediaType: document.mediaType,
      byteCount: document.byteCount, pageCount: document.pageCount, chunkCount: document.chunkCount,
      embeddedCount: embedded ?? 0, createdAt: document.createdAt, updatedAt: document.createdAt,
      status: .ready, hasOriginal: hasOriginal)
    guard let embedded, embedded < document.chunkCount else { return }
    status = .embedding
    progress = Progress(done: embedded, total: document.chunkCount, unit: "chunks")
  }

  /// A job; when it is to replace a document, that is still the one that is found.
  init(_ job: IngestionJob, replacing document: DocumentState?) {
    let name = job.source.split(separator: "/").last.map(String.init) ?? job.source
    self =
      document
      ?? DocumentState(
        id: job.documentID, title: name, source: job.source,
        mediaType: Self.mediaType(of: job), byteCount: job.byteCount,
        createdAt: job.createdAt, updatedAt: job.updatedAt, status: .queued)
    updatedAt = job.updatedAt
    progress = nil
    failure = job.failure
    status =
      switch job.state {
      case .queued: .queued
      case .reading: .reading
      case .failed: .failed
      case .cancelled: .cancelled
      }
  }

  /// What the file seems to be until it is read.
  private static func mediaType(of job: IngestionJob) -> String {
    let said = job.mediaType?.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces)
    return DocumentFormat(fileName: job.source)?.mediaType ?? said ?? "application/octet-stream"
  }
}

extension JSONWriter {
  mutating func fields(of document: DocumentState) {
    field("id", document.id)
    field("title", document.title)
    field("source", document.source)
    field("folder", document.folder)
    field("name", document.name)
    field("media_type", document.mediaType)
    field("byte_count", document.byteCount)
    if let count = document.pageCount { field("page_count", count) } else { null("page_count") }
    field("chunk_count", document.chunkCount)
    field("embedded_count", document.embeddedCount)
    field("created_at", WireTimestamp.string(document.createdAt))
    field("updated_at", WireTimestamp.string(document.updatedAt))
    field("status", document.status.rawValue)
    if let progress = document.progress {
      object("progress") { json in
        json.field("done", progress.done)
        if let total = progress.total { json.field("total", total) } else { json.null("total") }
        json.field("unit", progress.unit)
      }
    } else {
      null("progress")
    }
    if let failure = document.failure {
      object("error") { json in
        json.field("code", failure.code)
        json.field("message", failure.message)
        json.field("retryable", IngestionFailure.isRetryable(failure.code))
      }
    } else {
      null("error")
    }
    field("has_original", document.hasOriginal)
  }
}
