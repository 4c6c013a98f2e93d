#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Makes valid UTF-8 of a file's bytes.
enum TextDecoder {
  /// UTF-8, or UTF-16 when a byte order mark says so.
  ///
  /// Other encodings are not guessed: what looks right for most letters is wrong for some, and nobody would notice.
  /// - Returns: without a byte order mark.
  /// - Throws: `.notText`, with the line where the text stops being one.
  static func decode(_ bytes: [UInt8]) throws(ExtractionError) -> [UInt8] {
    switch mark(of: bytes) {
    case .utf16(let isBigEndian): return try utf16(bytes.dropFirst(2), isBigEndian)
    case .utf8: return try validated(Array(bytes.dropFirst(3)))
    case nil: return try validated(bytes)
    }
  }

  /// As browsers do: a byte order mark decides, then what the page or its sender says, then Windows-1252, which most
  /// old pages that say nothing are written in.
  static func decodeHTML(_ bytes: [UInt8], mediaType: String?) throws(ExtractionError) -> [UInt8] {
    if mark(of: bytes) != nil || firstInvalid(in: bytes) == nil { return try decode(bytes) }
    let declared = mediaType.flatMap { charset(in: Array($0.utf8)[...]) } ?? charset(in: bytes.prefix(4_096))
    guard let declared, !["utf-8", "utf8"].contains(declared.lowercased()) else {
      // Declared as UTF-8, but it is not: better an unreadable letter here and there than no page.
      return declared == nil
        ? try converted(bytes, from: "windows-1252") : Array(String(decoding: bytes, as: UTF8.self).utf8)
    }
    let name = declared.lowercased() == "iso-8859-1" ? "windows-1252" : declared
    return try withoutZeros(converted(bytes, from: name))
  }

  private enum Mark: Equatable {
    case utf8
    case utf16(isBigEndian: Bool)
  }

  private static func mark(of bytes: [UInt8]) -> Mark? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return .utf8 }
    if bytes.starts(with: [0xFE, 0xFF]) { return .utf16(isBigEndian: true) }
    if bytes.starts(with: [0xFF, 0xFE]) { return .utf16(isBigEndian: false) }
    return nil
  }

  private static func validated(_ bytes: [UInt8]) throws(ExtractionError) -> [UInt8] {
    if let index = firstInvalid(in: bytes) {
      let value = String(bytes[index], radix: 16, uppercase: true)
      throw ExtractionError(
        .notText,
        "Line \(line(of: index, in: bytes)) is not valid UTF-8 (byte \(value)). "
          + "Open the file in an editor, save it as UTF-8 and add it again.")
    }
    return try withoutZeros(bytes)
  }

  /// Text holds no NUL, and almost every binary format does.
  private static func withoutZeros(_ bytes: [UInt8]) throws(ExtractionError) -> [UInt8] {
    guard let index = bytes.firstIndex(of: 0) else { return bytes }
    throw ExtractionError(
      .notText,
      "Line \(line(of: index, in: bytes)) holds a zero byte: the file is not a text. "
        + "Save it as text, PDF or Word file and add that.")
  }

  private static func line(of index: Int, in bytes: [UInt8]) -> Int {
    bytes[..<index].count { $0 == UInt8(ascii: "\n") } + 1
  }

  /// Where a text stops being valid UTF-8.
  static func firstInvalid(in bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var index = 0
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let scalar): index += scalar.count
      case .error: return index
      case .emptyInput: return nil
      }
    }
  }

  private static func utf16(
    _ bytes: ArraySlice<UInt8>, _ isBigEndian: Bool
  ) throws(ExtractionError) -> [UInt8] {
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    var index = bytes.startIndex
    while index + 1 < bytes.endIndex {
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      units.append(isBigEndian ? first << 8 | second : second << 8 | first)
      index += 2
    }
    guard bytes.count.isMultiple(of: 2), let text = String(validating: units, as: UTF16.self) else {
      throw ExtractionError(
        .notText,
        "The file begins like UTF-16, but holds half of a letter. Open it in an editor, save it as UTF-8 and add it "
          + "again.")
    }
    return try withoutZeros(Array(text.utf8))
  }

  /// The name after `charset=` (HTML), or `encoding=` (XML).
  private static func charset(in bytes: ArraySlice<UInt8>) -> String? {
    let text = String(decoding: bytes, as: UTF8.self).lowercased()
    guard let match = text.firstMatch(of: /(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_:.\-]{2,40})/)
    else { return nil }
    return String(match.1)
  }

  private static func converted(_ bytes: [UInt8], from name: String) throws(ExtractionError) -> [UInt8] {
    let converter = iconv_open("UTF-8", name)
    guard converter != iconv_t(bitPattern: -1) else {
      throw ExtractionError(
        .notText, "The page says that it is written in “\(name)”, which is not known here. Save it as UTF-8.")
    }
    defer { iconv_close(converter) }
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count + bytes.count / 4)
    var chunk = [CChar](repeating: 0, count: 65_536)
    var input = bytes.map { CChar(bitPattern: $0) }
    input.withUnsafeMutableBufferPointer { input in
      var next = input.baseAddress
      var left = input.count
      while left > 0 {
        let written = chunk.withUnsafeMutableBufferPointer { chunk in
          var end = chunk.baseAddress
          var room = chunk.count
          let result = iconv(converter, &next, &left, &end, &room)
          if result == -1, errno == EILSEQ || errno == EINVAL, left > 0 {
            return (chunk.count - room, true)
          }
          return (chunk.count - room, false)
        }
        output.append(contentsOf: chunk[..<written.0].map { UInt8(bitPattern: $0) })
        if written.1 {
          output.append(contentsOf: "\u{FFFD}".utf8)
          next = next?.advanced(by: 1)
          left -= 1
        }
      }
    }
    return output
  }
}
