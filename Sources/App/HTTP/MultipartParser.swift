import Foundation
import NIOCore

/// Takes a `multipart/form-data` body apart (RFC 7578, RFC 2046) while it arrives.
///
/// It keeps no more than a part's headers, or as many bytes as could be the beginning of a boundary.
struct MultipartParser {
  enum Event: Equatable {
    case begin(MultipartHeaders)
    case data(ArraySlice<UInt8>)
    case end
  }

  enum Failure: Error, Equatable {
    /// The body is not built as its boundary says, or ended too soon.
    case malformed
    case tooManyParts
    case headersTooLong
  }

  static let maximumHeaderBytes = 16 * 1_024
  static let maximumParts = 10_000

  private enum State {
    /// Before the first boundary.
    case preamble
    /// After a boundary: a line break, or the two dashes of the end.
    case boundaryEnd
    case headers
    case data
    case epilogue
  }

  /// CR LF and two dashes before the boundary: what ends a part.
  private let delimiter: [UInt8]
  private var state = State.preamble
  /// Begins with a line break that the body does not have, so that the first boundary is like every other.
  private var pending: [UInt8] = [0x0D, 0x0A]
  private var partCount = 0

  /// - Parameter contentType: the request's header.
  /// - Returns: `nil` when it is of another type or names no valid boundary.
  init?(contentType: String) {
    let parameters = HeaderParameters(contentType)
    guard parameters.value.lowercased() == "multipart/form-data", let boundary = parameters["boundary"],
      (1...70).contains(boundary.utf8.count), boundary.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else { return nil }
    delimiter = Array("\r\n--\(boundary)".utf8)
  }

  /// Takes the next piece of the body.
  /// - Throws: ``Failure``.
  mutating func parse(_ bytes: some Sequence<UInt8>, _ report: (Event) throws -> Void) throws {
    pending.append(contentsOf: bytes)
    var start = 0
    while try step(&start, report) {}
    pending.removeSubrange(..<start)
  }

  /// Call it at the end of the body.
  func finish() throws {
    guard case .epilogue = state else { throw Failure.malformed }
  }

  /// - Parameter start: where what was not used begins.
  /// - Returns: `false` when more bytes are needed.
  private mutating func step(_ start: inout Int, _ report: (Event) throws -> Void) throws -> Bool {
    switch state {
    case .preamble:
      guard let end = find(delimiter, from: start) else {
        start = max(start, pending.count - delimiter.count + 1)
        return false
      }
      start = end + delimiter.count
      state = .boundaryEnd
    case .boundaryEnd:
      guard pending.count - start >= 2 else { return false }
      switch (pending[start], pending[start + 1]) {
      case (0x0D, 0x0A): state = .headers
      case (UInt8(ascii: "-"), UInt8(ascii: "-")): state = .epilogue
      default: throw Failure.malformed
      }
      start += 2
    case .headers:
      guard let headers = try readHeaders(&start) else { return false }
      partCount += 1
      guard partCount <= Self.maximumParts else { throw Failure.tooManyParts }
      try report(.begin(headers))
      state = .data
    case .data:
      let end = find(delimiter, from: start)
      let dataEnd = end ?? max(start, pending.count - delimiter.count + 1)
      if dataEnd > start { try report(.data(pending[start..<dataEnd])) }
      start = dataEnd
      guard end != nil else { return false }
      start += delimiter.count
      try report(.end)
      state = .boundaryEnd
    case .epilogue:
      start = pending.count
      return false
    }
    return true
  }

  private func readHeaders(_ start: inout Int) throws -> MultipartHeaders? {
    // A part without headers has its blank line at once.
    if pending.count - start >= 2, pending[start] == 0x0D, pending[start + 1] == 0x0A {
      start += 2
      return MultipartHeaders()
    }
    guard let end = find([0x0D, 0x0A, 0x0D, 0x0A], from: start) else {
      guard pending.count - start <= Self.maximumHeaderBytes else { throw Failure.headersTooLong }
      return nil
    }
    guard end - start <= Self.maximumHeaderBytes else { throw Failure.headersTooLong }
    guard let text = String(validating: pending[start..<end], as: UTF8.self) else { throw Failure.malformed }
    start = end + 4
    return MultipartHeaders(text)
  }

  private func find(_ needle: [UInt8], from start: Int) -> Int? {
    pending.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return nil }
      var index = start
      while bytes.count - index >= needle.count {
        guard let found = memchr(base + index, Int32(needle[0]), bytes.count - index - needle.count + 1)
        else {
          return nil
        }
        index = UnsafeRawPointer(found) - base
        if memcmp(base + index, needle, needle.count) == 0 { return index }
        index += 1
      }
      return nil
    }
  }
}

/// What the headers of a part say.
struct MultipartHeaders: Sendable, Equatable {
  var name: String?
  var fileName: String?
  var contentType: String?

  init() {}

  fileprivate init(_ text: String) {
    for line in text.split(separator: "\r\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      switch line[..<colon].lowercased() {
      case "content-disposition":
        let parameters = HeaderParameters(value)
        name = parameters["name"]
        fileName = parameters.fileName
      case "content-type": contentType = value
      default: continue
      }
    }
  }
}

/// A header's value and its parameters: `form-data; name="file"; filename="a.md"`.
struct HeaderParameters: Sendable {
  private(set) var value = ""
  private var parameters: [String: String] = [:]

  init(_ header: String) {
    var pieces = Self.split(header)[...]
    value = pieces.popFirst()?.trimmingCharacters(in: .whitespaces) ?? ""
    for piece in pieces {
      guard let equals = piece.firstIndex(of: "=") else { continue }
      let key = piece[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
      let text = piece[piece.index(after: equals)...].trimmingCharacters(in: .whitespaces)
      if parameters[key] == nil { parameters[key] = Self.unquoted(text) }
    }
  }

  subscript(key: String) -> String? { parameters[key] }

  /// `filename*=UTF-8''%e2%82%ac.md` (RFC 8187) wins over `filename`. Browsers write a quotation mark in a name as `%22`.
  var fileName: String? {
    if let extended = parameters["filename*"] {
      let parts = extended.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
      if parts.count == 3, parts[0].lowercased() == "utf-8",
        let name = String(parts[2]).removingPercentEncoding
      {
        return name
      }
    }
    return parameters["filename"]?.replacing("%22", with: "\"").replacing("%0D", with: "\r")
      .replacing("%0A", with: "\n")
  }

  /// Splits at semicolons outside of quotes.
  private static func split(_ header: String) -> [String] {
    var pieces = [""]
    var isQuoted = false
    var isEscaped = false
    for character in header {
      if isEscaped {
        isEscaped = false
      } else if character == "\\", isQuoted {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
      } else if character == ";", !isQuoted {
        pieces.append("")
        continue
      }
      pieces[pieces.count - 1].append(character)
    }
    return pieces
  }

  /// A backslash escapes a quotation mark or another backslash only: old browsers send folders of Windows with it.
  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    var result = ""
    var isEscaped = false
    for character in text.dropFirst().dropLast() {
      if isEscaped {
        if character != "\"", character != "\\" { result.append("\\") }
        result.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return isEscaped ? result + "\\" : result
  }
}
