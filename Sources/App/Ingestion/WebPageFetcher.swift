import Extraction
import Foundation
import Graph
import HTTPTypes
import Providers

/// Fetches a page or a file by its address.
struct WebPageFetcher: Sendable {
  static let maximumRedirects = 5
  /// For all of it, redirects included.
  static let timeout = Duration.seconds(60)

  let download: HTTPDownload
  let time: RunTime

  /// - Returns: the file, with the address as its source; pinned in `originals`.
  /// - Throws: ``RequestError`` with the reason, for whoever gave the address.
  func fetch(_ address: String, into originals: OriginalFiles, limit: Int) async throws
    -> DocumentIntake.Incoming
  {
    guard var url = Self.webAddress(address) else { throw RequestError.invalidAddress }
    let source = url.absoluteString
    let end = time.now() + Self.timeout
    for _ in 0...Self.maximumRedirects {
      let remaining = end - time.now()
      guard remaining > .zero else { throw RequestError(HTTPDownload.Failure.timedOut) }
      switch try await get(url, source: source, originals, limit: limit, timeout: remaining) {
      case .file(let file): return file
      case .redirect(let location):
        guard
          let next = URL(string: location, relativeTo: url).flatMap({ Self.webAddress($0.absoluteString) })
        else { throw RequestError.invalidAddress }
        url = next
      }
    }
    throw RequestError.upstream(
      "TOO_MANY_REDIRECTS", "The address leads from one page to the next without end.")
  }

  private enum Answer {
    case file(DocumentIntake.Incoming)
    case redirect(String)
  }

  private func get(
    _ url: URL, source: String, _ originals: OriginalFiles, limit: Int, timeout: Duration
  ) async throws -> Answer {
    let writer = try await originals.begin(limit: limit)
    do {
      let head = try await download.get(
        url.absoluteString, headers: [("accept", "text/html, application/pdf, text/*, */*;q=0.5")],
        limit: limit, timeout: timeout
      ) { _, piece in
        try await originals.write(piece, to: writer)
      }
      guard head.status == 200 else {
        await originals.discard(writer)
        if (301...308).contains(head.status), head.status != 304, let location = head.location {
          return .redirect(location)
        }
        throw RequestError.upstream(
          "FETCH_FAILED", "The other server answered with status \(head.status) instead of the page.")
      }
      guard writer.byteCount > 0 else {
        throw RequestError.upstream("FETCH_FAILED", "The other server sent an empty page.")
      }
      let original = try await originals.finish(writer)
      return .file(.init(original: original, source: source, mediaType: head.contentType))
    } catch {
      await originals.discard(writer)
      switch error {
      case let failure as HTTPDownload.Failure:
        throw failure == .tooLarge ? RequestError.fileTooLarge(limit: limit) : RequestError(failure)
      case let error as OriginalFileError: throw RequestError(error)
      default: throw error
      }
    }
  }

  /// - Returns: the address without its fragment; `nil` when it is none of `http` or `https`, or holds a password.
  static func webAddress(_ text: String) -> URL? {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard text.utf8.count <= SourceName.maximumLength, var components = URLComponents(string: text),
      let scheme = components.scheme?.lowercased(), scheme == "http" || scheme == "https",
      let host = components.host, !host.isEmpty, components.user == nil, components.password == nil
    else { return nil }
    components.fragment = nil
    return components.url
  }
}

extension RequestError {
  static let invalidAddress = invalid(
    "url", "That is not the address of a web page. It begins with http:// or https:// and holds no password.")

  static func upstream(_ code: String, _ detail: String) -> RequestError {
    RequestError(status: .badGateway, code: code, detail: detail, isRetryable: true)
  }

  init(_ failure: HTTPDownload.Failure) {
    switch failure {
    case .invalidAddress: self = .invalidAddress
    case .privateAddress:
      self.init(
        status: .unprocessableContent, code: "PRIVATE_ADDRESS",
        detail:
          "That address leads to this machine or its network, which Rill does not read from. Whoever runs Rill "
          + "can allow it with RILL_ALLOW_PRIVATE_URLS=true.", field: "url")
    case .unresolved: self = .upstream("FETCH_FAILED", "No server has that name. Check the address.")
    case .unreachable: self = .upstream("FETCH_FAILED", "The other server cannot be reached.")
    case .insecure: self = .upstream("FETCH_FAILED", "The other server has no valid certificate.")
    case .brokenOff: self = .upstream("FETCH_FAILED", "The other server broke off in the middle of the page.")
    case .timedOut: self = .upstream("FETCH_FAILED", "The other server took longer than a minute.")
    case .tooLarge: self = .upstream("FETCH_FAILED", "The page is too large.")
    }
  }
}
