import Extraction
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// `POST /documents`: files as parts of a form or as the body itself, or an address to fetch.
///
/// Bodies go to the disk piece by piece as they arrive; what a client that leaves has sent so far is removed.
struct DocumentUpload: Sendable {
  let services: KnowledgeServices
  let pages: WebPageFetcher?

  func receive(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let contentType = request.headers[.contentType] ?? "application/octet-stream"
    let type = HeaderParameters(contentType).value.lowercased()
    let isNamed = request.parameter("name") != nil || request.headers[.contentDisposition] != nil
    do {
      return Self.response(try await receive(request, context, contentType, type: type, isNamed: isNamed))
    } catch let error as OriginalFileError {
      throw RequestError(error)
    }
  }

  private func receive(
    _ request: Request, _ context: AppRequestContext, _ contentType: String, type: String, isNamed: Bool
  ) async throws -> DocumentIntake.Result {
    let folder = request.parameter("folder") ?? ""
    if type == "application/json", !isNamed {
      return try await fetch(request, context)
    }
    guard type == "multipart/form-data" else {
      return try await readBody(request, contentType, folder: folder)
    }
    guard let parser = MultipartParser(contentType: contentType) else { throw RequestError.malformedForm }
    return try await readForm(request, parser, folder: folder)
  }

  // MARK: An address

  private struct AddressBody: Decodable {
    var url: String
  }

  private func fetch(_ request: Request, _ context: AppRequestContext) async throws -> DocumentIntake.Result {
    let body = try await JSONBody.decode(AddressBody.self, from: request, context)
    guard let pages else { throw RequestError.noFetcher }
    let file = try await pages.fetch(body.url, into: services.originals, limit: services.intake.limit)
    let result = try await services.intake.take([file])
    if let failure = result.failures.first?.failure, result.failures.count == 1, result.documents.isEmpty {
      throw RequestError(
        status: .unprocessableContent, code: failure.code.uppercased(), detail: failure.message)
    }
    return result
  }

  // MARK: A body that is the file

  private func readBody(
    _ request: Request, _ contentType: String, folder: String
  ) async throws -> DocumentIntake.Result {
    let disposition = request.headers[.contentDisposition].map { HeaderParameters($0).fileName } ?? nil
    guard let name = request.parameter("name") ?? disposition else {
      guard DocumentFormat(mediaType: contentType) != nil else { throw RequestError.unsupportedDocument }
      throw RequestError.invalid("name", "Say what the file is called, as in ?name=notes/river.md.")
    }
    guard DocumentFormat(fileName: name) != nil || DocumentFormat(mediaType: contentType) != nil else {
      throw RequestError.unsupportedDocument
    }
    let limit = services.intake.limit
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
      throw RequestError.fileTooLarge(limit: limit)
    }
    let source = try SourceName.make(name, folder: folder)
    let sink = UploadSink(services: services)
    do {
      try await sink.begin(source: source, mediaType: contentType)
      for try await buffer in request.body { try await sink.write(buffer.readableBytesView) }
      try await sink.end()
    } catch {
      await sink.abandon()
      throw error
    }
    guard sink.byteCount > 0 else {
      await sink.abandon()
      throw RequestError.invalid("body", "The file is empty.")
    }
    return try await sink.take()
  }

  // MARK: A form

  private func readForm(
    _ request: Request, _ parser: MultipartParser, folder: String
  ) async throws -> DocumentIntake.Result {
    let sink = UploadSink(services: services)
    do {
      var parser = parser
      for try await buffer in request.body {
        var events: [MultipartParser.Event] = []
        try parser.parse(buffer.readableBytesView) { events.append($0) }
        for event in events { try await sink.receive(event, folder: folder) }
      }
      try parser.finish()
    } catch is MultipartParser.Failure {
      await sink.abandon()
      throw RequestError.malformedForm
    } catch {
      await sink.abandon()
      throw error
    }
    let result = try await sink.take()
    guard !result.isEmpty else { throw RequestError.nothingUploaded }
    return result
  }

  // MARK: The answer

  private static func response(_ result: DocumentIntake.Result) -> Response {
    .json(status: .accepted) { json in
      json.array("documents", result.documents) { json, document in
        json.object { $0.fields(of: document) }
      }
      json.array("failures", result.failures) { json, failed in
        json.object { json in
          json.field("source", failed.source)
          json.object("error") { json in
            json.field("code", failed.failure.code)
            json.field("message", failed.failure.message)
          }
        }
      }
      json.array("unchanged", result.unchanged) { json, unchanged in
        json.object { json in
          json.field("source", unchanged.source)
          json.field("document_id", unchanged.documentID)
        }
      }
    }
  }
}

extension RequestError {
  static let malformedForm = RequestError(
    status: .badRequest, code: "MALFORMED_FORM",
    detail: "The request's body is not a multipart form with files.")
  static let nothingUploaded = RequestError(
    status: .unprocessableContent, code: "NO_FILES",
    detail: "There is no file in the form. Send each as a part with a file name.")
  static let unsupportedDocument = RequestError(
    status: .unsupportedMediaType, code: "UNSUPPORTED_MEDIA_TYPE",
    detail:
      "Rill reads text, Markdown, HTML, PDF, DOCX, EPUB, CSV, source code, and ZIP archives of these. Send "
      + "one of them with its Content-Type and ?name=, or a form with files.")
  static let noFetcher = RequestError(
    status: .serviceUnavailable, code: "UNAVAILABLE", detail: "This server fetches no addresses.")

  static func fileTooLarge(limit: Int) -> RequestError {
    RequestError(
      status: .contentTooLarge, code: "FILE_TOO_LARGE",
      detail: OriginalFileError.tooLarge(limit: limit).failure.message)
  }

  init(_ error: OriginalFileError) {
    let failure = error.failure
    switch error {
    case .tooLarge(let limit): self = .fileTooLarge(limit: limit)
    case .diskFull:
      self.init(status: .insufficientStorage, code: "DISK_FULL", detail: failure.message, isRetryable: true)
    case .unreadable, .failed, .damaged:
      self.init(
        status: .serviceUnavailable, code: "STORE_UNAVAILABLE", detail: failure.message, isRetryable: true)
    }
  }
}

extension HTTPResponse.Status {
  fileprivate static let insufficientStorage = HTTPResponse.Status(
    code: 507, reasonPhrase: "Insufficient Storage")
}
