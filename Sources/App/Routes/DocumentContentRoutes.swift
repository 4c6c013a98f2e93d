import Foundation
import Graph
import HTTPTypes
import Hummingbird

/// What is in a document: its chunks, and its text block by block around a passage.
struct DocumentContentRoutes: Sendable {
  /// Bytes of text in one answer, when the request does not say.
  static let window = 20_000
  static let maximumWindow = 500_000

  let services: KnowledgeServices
  let cache: DocumentTextCache

  init(services: KnowledgeServices) {
    self.services = services
    cache = DocumentTextCache(knowledge: services.knowledge)
  }

  func add(to router: some RouterMethods<AppRequestContext>) {
    router.get("documents/{id}/chunks") { request, context in try await chunks(request, context) }
    router.get("documents/{id}/content") { request, context in try await content(request, context) }
  }

  // MARK: Chunks

  private func chunks(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let document = try await document(context)
    let limit = try request.limit(default: 50, max: 200)
    let start = try request.integer("after", in: -1...Int.max - 1).map { $0 + 1 } ?? 0
    let terms = (request.parameter("q") ?? "").lowercased().split(whereSeparator: \.isWhitespace)
    var found: [Chunk] = []
    var total = document.chunkCount
    if terms.isEmpty {
      // One more than asked for tells whether there is a next page.
      let end = start.addingReportingOverflow(limit + 1)
      found = try await services.knowledge.chunks(
        documentID: document.id, ordinals: start..<(end.overflow ? .max : end.partialValue))
    } else {
      let all = try await services.knowledge.chunks(documentID: document.id).filter { $0.contains(terms) }
      total = all.count
      found = Array(all.drop { $0.ordinal < start }.prefix(limit + 1))
    }
    let page = found.prefix(limit)
    let embedded = try await services.embeddedChunks(among: page.map(\.id))
    return .json { json in
      json.array("chunks", page) { json, chunk in
        json.object { json in
          json.fields(of: chunk)
          json.field("embedded", embedded.contains(chunk.id))
        }
      }
      json.field("total", total)
      if found.count > limit, let last = page.last {
        json.field("next", last.ordinal)
      } else {
        json.null("next")
      }
    }
  }

  private func document(_ context: AppRequestContext) async throws -> Document {
    guard let document = try await services.knowledge.document(id: context.uuid("id", of: "document")) else {
      throw RequestError.notFound("document")
    }
    return document
  }

  // MARK: Content

  private func content(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let document = try await document(context)
    let text = try await cache.text(of: document)
    let highlight = try await highlight(request, document, text)
    let limit = try request.integer("limit", in: 1...Self.maximumWindow) ?? Self.window
    var from = try request.integer("from", in: 0...Int.max) ?? 0
    if request.parameter("from") == nil, let highlight {
      // What stands before a passage helps to understand it.
      from = max(0, highlight.lowerBound - limit / 4)
    }
    let window = ContentWindow(text: text, from: from, limit: limit, including: highlight)
    let state = try await services.newestState(of: document.id)
    return .json { json in
      if let state { json.object("document") { $0.fields(of: state) } }
      json.field("from", window.range.lowerBound)
      json.field("to", window.range.upperBound)
      json.field("length", text.text.utf8.count)
      if let highlight {
        json.object("highlight") { json in
          json.field("start", highlight.lowerBound)
          json.field("end", highlight.upperBound)
          json.optionalField("page", text.page(at: highlight.lowerBound))
        }
      } else {
        json.null("highlight")
      }
      json.array("blocks", window.blocks) { json, block in
        json.object { $0.fields(of: block) }
      }
    }
  }

  /// The passage that the request names.
  private func highlight(
    _ request: Request, _ document: Document, _ text: ExtractedText
  ) async throws -> Range<Int>? {
    if let name = request.parameter("chunk") {
      guard let id = UUID(uuidString: name), let chunk = try await services.knowledge.chunk(id: id),
        chunk.documentID == document.id
      else { throw RequestError.passageGone }
      return chunk.byteRange
    }
    guard let start = try request.integer("start", in: 0...Int.max),
      let end = try request.integer("end", in: 0...Int.max)
    else { return nil }
    guard start < end, end <= text.text.utf8.count else { throw RequestError.passageGone }
    return start..<end
  }
}

extension RequestError {
  static let passageGone = RequestError(
    status: .notFound, code: "PASSAGE_GONE",
    detail: "This passage is no longer in the document: it has changed since.")
}

extension KnowledgeServices {
  fileprivate func embeddedChunks(among ids: [UUID]) async throws -> Set<UUID> {
    Set(try await vectors.embeddings(of: ids).keys)
  }
}

extension Chunk {
  /// Whether every term is in the text or the headings.
  fileprivate func contains(_ terms: [Substring]) -> Bool {
    let text = (headings + [text]).joined(separator: "\n").lowercased()
    return terms.allSatisfy { text.contains($0) }
  }
}

extension ExtractedText {
  /// From 1; `nil` for a text without pages.
  func page(at offset: Int) -> Int? {
    guard !pages.isEmpty else { return nil }
    let index = pages.firstIndex { offset < $0.upperBound } ?? pages.count - 1
    return index + 1
  }
}

extension JSONWriter {
  mutating func optionalField(_ key: StaticString, _ value: Int?) {
    if let value { field(key, value) } else { null(key) }
  }

  mutating func optionalField(_ key: StaticString, _ value: Double?) {
    if let value { field(key, value) } else { null(key) }
  }

  fileprivate mutating func fields(of chunk: Chunk) {
    field("id", chunk.id)
    field("ordinal", chunk.ordinal)
    array("headings", chunk.headings) { json, heading in json.string(heading) }
    optionalField("page", chunk.page)
    field("start", chunk.byteRange.lowerBound)
    field("end", chunk.byteRange.upperBound)
    field("text", chunk.text)
  }

  fileprivate mutating func fields(of block: ContentWindow.Block) {
    let (kind, level) = block.kind.wireValue
    field("kind", kind)
    optionalField("level", level)
    field("start", block.range.lowerBound)
    field("end", block.range.upperBound)
    optionalField("page", block.page)
    field("text", block.text)
  }
}

extension TextBlock.Kind {
  fileprivate var wireValue: (kind: String, level: Int?) {
    switch self {
    case .heading(let level, _): ("heading", level)
    case .paragraph: ("paragraph", nil)
    case .listItem: ("list_item", nil)
    case .quote: ("quote", nil)
    case .table: ("table", nil)
    case .code: ("code", nil)
    case .other: ("other", nil)
    }
  }
}
