import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat

/// Reads JSON bodies; says which field is wrong.
enum JSONBody {
  /// - Throws: ``RequestError``: 415, 413, 400 for what is not a JSON object, 422 with the field's name.
  static func decode<Body: Decodable>(
    _ type: Body.Type, from request: Request, _ context: AppRequestContext
  ) async throws -> Body {
    let mediaType = request.headers[.contentType]?.split(separator: ";").first?
      .trimmingCharacters(in: .whitespaces).lowercased()
    guard mediaType == "application/json" else { throw RequestError.unsupportedMediaType }
    let buffer = try await collect(request, limit: context.maxUploadSize)
    do {
      return try JSONDecoder().decode(type, from: Data(buffer: buffer))
    } catch let error as DecodingError {
      throw RequestError(decoding: error)
    }
  }

  private static func collect(_ request: Request, limit: Int) async throws -> ByteBuffer {
    do {
      return try await request.body.collect(upTo: limit)
    } catch is NIOTooManyBytesError {
      throw RequestError.bodyTooLarge(limit: limit)
    }
  }
}

extension RequestError {
  fileprivate init(decoding error: DecodingError) {
    switch error {
    case .keyNotFound(let key, _):
      self = .invalid(key.stringValue, "\(key.stringValue) is missing.")
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      guard let field = context.codingPath.first?.stringValue else {
        self = .malformedJSON
        return
      }
      let isID = field.hasSuffix("_id")
      self = .invalid(field, isID ? "\(field) is not a UUID." : "\(field) has the wrong type.")
    @unknown default:
      self = .malformedJSON
    }
  }
}

extension Response {
  /// A JSON object.
  static func json(
    status: HTTPResponse.Status = .ok, _ body: (inout JSONWriter) -> Void
  ) -> Response {
    var writer = JSONWriter(into: ByteBuffer())
    writer.object(body)
    return Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: writer.buffer))
  }
}

extension AppRequestContext {
  /// An id in the path. What is no UUID names nothing that exists.
  func uuid(_ name: String, of what: String) throws -> UUID {
    guard let text = parameters.get(name), let id = UUID(uuidString: text) else {
      throw RequestError.notFound(what)
    }
    return id
  }
}
