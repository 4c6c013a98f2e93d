import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The built page, read once at the start.
///
/// It is small and never changes while the server runs, so it is served from memory: no request waits for a disk, and
/// no path of a request ever reaches the file system.
struct StaticFiles: Sendable {
  /// One file with its variants.
  struct File: Sendable {
    var contentType: String
    var isImmutable: Bool
    /// By the name of the content coding; the plain one is `identity`.
    var variants: [String: Variant]
  }

  struct Variant: Sendable {
    var body: ByteBuffer
    /// A strong validator: the first half of the content's SHA-256.
    var entityTag: String
  }

  /// By path, with its leading slash.
  private(set) var files: [String: File] = [:]

  static let shell = "/index.html"

  /// - Parameter directory: the `Public` folder.
  /// - Throws: ``ConfigurationError`` when there is no page in it.
  init(directory: URL) throws {
    let root = directory.standardizedFileURL.resolvingSymlinksInPath()
    let prefix = root.path.hasSuffix("/") ? root.path : root.path + "/"
    let enumerator = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    while let url = enumerator?.nextObject() as? URL {
      let path = url.resolvingSymlinksInPath().path
      guard path.hasPrefix(prefix), let name = Self.servedName(String(path.dropFirst(prefix.count))),
        Self.isRegular(path)
      else { continue }
      try add(Data(contentsOf: url), name: name)
    }
    guard files[Self.shell]?.variants["identity"] != nil else {
      throw ConfigurationError(
        key: "RILL_PUBLIC_DIR",
        message: "The folder holds no built page (index.html). Point RILL_PUBLIC_DIR at Rill's Public folder."
      )
    }
  }

  /// Asked of the system itself: `resourceValues` took half of the time for all files.
  private static func isRegular(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Which files of the folder are the page's: not what only the server reads, and no hidden ones.
  private static func servedName(_ name: String) -> String? {
    guard !name.hasPrefix("knowledge/"), name != "manifest.json",
      !name.split(separator: "/").contains(where: { $0.hasPrefix(".") })
    else { return nil }
    return "/" + name
  }

  private mutating func add(_ data: Data, name: String) throws {
    let (path, coding) = Self.split(name)
    let digest = SHA256.hash(data: data).prefix(16).map { String(format: "%02x", $0) }.joined()
    let variant = Variant(body: ByteBuffer(bytes: data), entityTag: "\"\(digest)\"")
    var file =
      files[path]
      ?? File(
        contentType: Self.contentType(of: path), isImmutable: path.hasPrefix("/assets/"), variants: [:])
    file.variants[coding] = variant
    files[path] = file
  }

  private static func split(_ name: String) -> (path: String, coding: String) {
    if name.hasSuffix(".br") { return (String(name.dropLast(3)), "br") }
    if name.hasSuffix(".gz") { return (String(name.dropLast(3)), "gzip") }
    return (name, "identity")
  }

  private static func contentType(of path: String) -> String {
    switch path.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "json", "map": "application/json"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "ico": "image/x-icon"
    case "woff2": "font/woff2"
    case "txt": "text/plain; charset=utf-8"
    default: "application/octet-stream"
    }
  }

  /// - Returns: `nil` when there is no such file.
  func response(path: String, for request: Request) -> Response? {
    guard let file = files[path], let identity = file.variants["identity"] else { return nil }
    let accepted = AcceptedEncodings(request.headers[.acceptEncoding])
    let coding = ["br", "gzip"].first { accepted.contains($0) && file.variants[$0] != nil }
    let variant = coding.flatMap { file.variants[$0] } ?? identity
    var headers: HTTPFields = [
      .contentType: file.contentType, .eTag: variant.entityTag, .vary: "accept-encoding",
      .cacheControl: file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
    ]
    if let coding { headers[.contentEncoding] = coding }
    if let tags = request.headers[.ifNoneMatch], tags == "*" || tags.contains(variant.entityTag) {
      return Response(status: .notModified, headers: headers)
    }
    guard request.method == .head else {
      return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: variant.body))
    }
    headers[.contentLength] = String(variant.body.readableBytes)
    return Response(status: .ok, headers: headers)
  }
}

/// The content codings that a client takes (RFC 9110, section 12.5.3); those with `q=0` it does not.
private struct AcceptedEncodings {
  private var names: Set<String> = []

  init(_ header: String?) {
    for item in header?.split(separator: ",") ?? [] {
      let parts = item.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
      guard let name = parts.first else { continue }
      let refused = parts.dropFirst().contains { Double($0.drop { $0 != "=" }.dropFirst()) == 0 }
      if !refused { names.insert(name) }
    }
  }

  func contains(_ name: String) -> Bool { names.contains(name) }
}

/// Serves the page: its files, and its shell for every other address that a browser opens.
struct StaticFilesMiddleware<Context: RequestContext>: RouterMiddleware {
  let files: StaticFiles

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard request.method == .get || request.method == .head else { return try await next(request, context) }
    let path = request.uri.path == "/" ? StaticFiles.shell : request.uri.path
    if let response = files.response(path: path, for: request) { return response }
    let isShared = PageAddress.isShared(path)
    if isShared, request.acceptsHTML, var shell = files.response(path: StaticFiles.shell, for: request) {
      shell.headers[.vary] = "accept, accept-encoding"
      return shell
    }
    do {
      var response = try await next(request, context)
      if isShared { response.headers[.vary] = "accept" }
      return response
    } catch let error as HTTPError where error.status == .notFound {
      guard request.acceptsHTML, !path.hasPrefix("/assets/"),
        let shell = files.response(path: StaticFiles.shell, for: request)
      else { throw error }
      return shell
    }
  }
}

/// Addresses that are the page's when a browser opens them, and the API's for everyone else.
private enum PageAddress {
  /// `/search`, `/documents` and `/documents/{id}`.
  static func isShared(_ path: String) -> Bool {
    guard path != "/search", path != "/documents" else { return true }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 3 && parts[1] == "documents" && UUID(uuidString: String(parts[2])) != nil
  }
}

extension Request {
  fileprivate var acceptsHTML: Bool {
    headers[.accept]?.lowercased().contains("text/html") ?? false
  }
}
