import Foundation
import Graph

/// Brings together what is stored of documents, what waits to be read, and how far the vectors are.
struct DocumentDirectory: Sendable {
  let knowledge: any KnowledgeStore
  let embeddings: any EmbeddingStore
  let ingestion: any IngestionStore
  let originals: OriginalFiles
  let embedding: EmbeddingStatus

  /// - Returns: `nil` when there is neither a document nor a job with this id.
  func state(id: UUID) async throws -> DocumentState? {
    // The job first: it becomes a document in one step, and asked for the other way round both could be missed.
    let job = try await ingestion.job(documentID: id)
    let document = try await knowledge.document(id: id)
    let stored = try await states(of: [document].compactMap { $0 }).first
    guard let job else { return stored }
    return DocumentState(job, replacing: stored)
  }

  /// Stored documents, without regard to jobs.
  func states(of documents: [Document]) async throws -> [DocumentState] {
    guard !documents.isEmpty else { return [] }
    var counts: [UUID: Int]?
    if let model = embedding.countedModel {
      counts = try await embeddings.embeddedCounts(documents: documents.map(\.id), model: model)
    }
    let kept = try await originals.kept(among: Set(documents.map(\.contentHash)))
    return documents.map { document in
      DocumentState(
        document, embedded: counts.map { $0[document.id] ?? 0 },
        hasOriginal: kept.contains(document.contentHash))
    }
  }

  // MARK: The list

  struct Query: Sendable, Hashable {
    var text: String?
    var folder: String?
    var status: DocumentState.Status?
    var limit = 100
    var cursor: String?
  }

  struct Page: Sendable {
    var documents: [DocumentState]
    var nextCursor: String?
    var total: Int
  }

  /// What waits comes first, then what is stored; each newest first.
  func list(_ query: Query) async throws -> Page {
    let jobs = try await ingestion.jobs(limit: .max)
    let jobsByID = Dictionary(jobs.map { ($0.documentID, $0) }, uniquingKeysWith: { first, _ in first })
    let stored = try await knowledge.existingDocuments(among: Set(jobsByID.keys))
    let waiting = jobs.filter { !stored.contains($0.documentID) }
      .map { DocumentState($0, replacing: nil) }.filter(query.matches)
      .sorted { $0.position > $1.position }
    var page = Page(documents: [], nextCursor: nil, total: 0)
    page.total = try await waiting.count + storedCount(query, jobsByID)
    var storeCursor: String?
    switch Cursor(query.cursor) {
    case .waiting(let position):
      page.documents = Array(
        waiting.drop { state in position.map { state.position >= $0 } ?? false }.prefix(query.limit))
      if let last = page.documents.last, last.id != waiting.last?.id {
        page.nextCursor = Cursor.waiting(last.position).text
        return page
      }
    case .stored(let cursor): storeCursor = cursor
    }
    try await addStored(to: &page, query, from: storeCursor, jobsByID)
    return page
  }

  private func addStored(
    to page: inout Page, _ query: Query, from cursor: String?, _ jobs: [UUID: IngestionJob]
  ) async throws {
    var cursor = cursor
    repeat {
      let room = query.limit - page.documents.count
      guard room > 0 else {
        page.nextCursor = Cursor.stored(cursor).text
        return
      }
      let found = try await knowledge.documents(
        DocumentQuery(text: query.text, folder: query.folder, limit: room, cursor: cursor))
      // What was stored after the look at the jobs is on the page already.
      let listed = Set(page.documents.map(\.id))
      page.documents += try await merged(found.documents.filter { !listed.contains($0.id) }, jobs)
        .filter(query.hasStatus)
      cursor = found.nextCursor
    } while cursor != nil
  }

  private func storedCount(_ query: Query, _ jobs: [UUID: IngestionJob]) async throws -> Int {
    if query.text == nil, query.folder == nil, query.status == nil {
      return try await knowledge.documentCount()
    }
    let all = try await knowledge.documents(
      DocumentQuery(text: query.text, folder: query.folder, limit: .max))
    guard query.status != nil else { return all.documents.count }
    return try await merged(all.documents, jobs).count { query.hasStatus($0) }
  }

  private func merged(_ documents: [Document], _ jobs: [UUID: IngestionJob]) async throws -> [DocumentState] {
    try await states(of: documents).map { state in
      jobs[state.id].map { DocumentState($0, replacing: state) } ?? state
    }
  }

  /// Where the next page begins.
  private enum Cursor {
    case waiting(Position?)
    case stored(String?)

    init(_ text: String?) {
      guard let text else {
        self = .waiting(nil)
        return
      }
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if parts.count == 2, parts[0] == "w", let position = Position(parts[1]) {
        self = .waiting(position)
      } else if parts.count == 2, parts[0] == "d" {
        self = .stored(parts[1].isEmpty ? nil : parts[1])
      } else {
        self = .waiting(nil)
      }
    }

    var text: String {
      switch self {
      case .waiting(let position): "w:\(position?.text ?? "")"
      case .stored(let cursor): "d:\(cursor ?? "")"
      }
    }
  }

  /// A place among the jobs, newest first; ties are ordered by id.
  fileprivate struct Position: Hashable, Comparable {
    var milliseconds: Int64
    var id: String

    init(milliseconds: Int64, id: String) {
      self.milliseconds = milliseconds
      self.id = id
    }

    init?(_ text: String) {
      let parts = text.split(separator: ".").map(String.init)
      guard parts.count == 2, let milliseconds = Int64(parts[0]) else { return nil }
      self.init(milliseconds: milliseconds, id: parts[1])
    }

    var text: String { "\(milliseconds).\(id)" }

    static func < (first: Position, second: Position) -> Bool {
      (first.milliseconds, first.id) < (second.milliseconds, second.id)
    }
  }
}

extension DocumentState {
  fileprivate var position: DocumentDirectory.Position {
    .init(milliseconds: createdAt.millisecondsSinceEpoch, id: id.wireString)
  }
}

extension DocumentDirectory.Query {
  func hasStatus(_ state: DocumentState) -> Bool { status == nil || state.status == status }

  fileprivate func matches(_ state: DocumentState) -> Bool {
    if let text, !text.isEmpty {
      let text = text.lowercased()
      guard state.title.lowercased().contains(text) || state.source.lowercased().contains(text) else {
        return false
      }
    }
    if let folder, !folder.isEmpty, !state.source.hasPrefix(folder + "/") { return false }
    return hasStatus(state)
  }
}
