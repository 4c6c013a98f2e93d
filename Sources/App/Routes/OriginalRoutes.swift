import Extraction
import Foundation
import Graph
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix

/// The file that a document was made from, and pictures of its pages.
struct OriginalRoutes: Sendable {
  let services: KnowledgeServices
  let pages: PagePictures
  let cache: DocumentTextCache

  func add(to router: some RouterMethods<AppRequestContext>) {
    router.get("documents/{id}/original") { _, context in try await original(context) }
    router.get("documents/{id}/pages/{page}") { request, context in try await page(request, context) }
  }

  // MARK: The file

  private func original(_ context: AppRequestContext) async throws -> Response {
    let id = try context.uuid("id", of: "document")
    // The job first: it becomes a document in one step.
    let job = try await services.ingestion.job(documentID: id)
    let document = try await services.knowledge.document(id: id)
    guard let source = document?.source ?? job?.source, let hash = document?.contentHash ?? job?.contentHash
    else { throw RequestError.notFound("document") }
    let file = try await self.file(hash)
    let mediaType = document?.mediaType ?? "application/octet-stream"
    let body = try await FileIO(threadPool: .singleton).loadFile(
      path: file.path, context: context)
    // Only what a browser shows without running anything in it may open in place of being saved.
    let isShown = mediaType == DocumentFormat.pdf.mediaType || mediaType == DocumentFormat.plainText.mediaType
    return Response(
      status: .ok,
      headers: [
        .contentType: mediaType == DocumentFormat.plainText.mediaType
          ? "text/plain; charset=utf-8" : mediaType,
        .contentDisposition: Self.disposition(isShown ? "inline" : "attachment", name: source.lastPart),
        .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        .cacheControl: "private, no-cache",
      ],
      body: body)
  }

  private func file(_ hash: String) async throws -> URL {
    do {
      guard let file = try await services.originals.file(contentHash: hash) else {
        throw RequestError.noOriginal
      }
      return file
    } catch let error as OriginalFileError {
      throw RequestError(error)
    }
  }

  /// RFC 6266, with the name in the form of RFC 8187.
  static func disposition(_ kind: String, name: String) -> String {
    let plain = String(
      name.unicodeScalars.map { scalar in
        let isSafe = (0x20...0x7E).contains(scalar.value) && scalar != "\"" && scalar != "\\"
        return isSafe ? Character(scalar) : "_"
      })
    let allowed = CharacterSet(
      charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    let encoded = name.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    return "\(kind); filename=\"\(plain)\"; filename*=UTF-8''\(encoded)"
  }

  // MARK: Pages

  private func page(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try context.uuid("id", of: "document")
    guard let document = try await services.knowledge.document(id: id) else {
      throw RequestError.notFound("document")
    }
    let name = context.parameters.get("page") ?? ""
    guard let number = Int(name.hasSuffix(".png") ? String(name.dropLast(4)) : name),
      document.mediaType == DocumentFormat.pdf.mediaType, let count = document.pageCount,
      (1...max(count, 1)).contains(number)
    else { throw RequestError.notFound("page") }
    let file = try await self.file(document.contentHash)
    if name.hasSuffix(".png") {
      let width = try request.integer("width", in: 100...3_000) ?? 1_000
      let picture = try await pages.picture(of: file, hash: document.contentHash, page: number, width: width)
      return Response(
        status: .ok,
        headers: [.contentType: "image/png", .cacheControl: "private, max-age=86400, immutable"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: picture)))
    }
    return try await highlights(request, document, file: file, page: number, of: count)
  }

  private func highlights(
    _ request: Request, _ document: Document, file: URL, page: Int, of count: Int
  ) async throws -> Response {
    var passage: String?
    if let start = try request.integer("start", in: 0...Int.max),
      let end = try request.integer("end", in: 0...Int.max)
    {
      let text = try await cache.text(of: document)
      passage = text.part(start..<max(start, end), onPage: page)
    }
    let layout = try await pages.layout(of: file, page: page, marking: passage)
    return .json { json in
      json.field("page", page)
      json.field("page_count", count)
      json.field("width", layout.width)
      json.field("height", layout.height)
      json.array("highlights", layout.rectangles) { json, rectangle in
        json.object { json in
          json.field("x", rectangle.x, scale: 100_000)
          json.field("y", rectangle.y, scale: 100_000)
          json.field("width", rectangle.width, scale: 100_000)
          json.field("height", rectangle.height, scale: 100_000)
        }
      }
    }
  }
}

extension RequestError {
  static let noOriginal = RequestError(
    status: .notFound, code: "NO_ORIGINAL",
    detail: "The original file is not kept. Its text is; add the file again to have both.")
}

extension ExtractedText {
  /// The part of a passage that stands on a page; `nil` when nothing of it does.
  func part(_ range: Range<Int>, onPage page: Int) -> String? {
    guard pages.indices.contains(page - 1) else { return nil }
    let range = range.clamped(to: pages[page - 1])
    let utf8 = text.utf8
    guard !range.isEmpty, range.upperBound <= utf8.count else { return nil }
    let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
    return String(decoding: utf8[start..<utf8.index(start, offsetBy: range.count)], as: UTF8.self)
  }
}
