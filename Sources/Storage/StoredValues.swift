import Foundation
import Graph

/// How values stand in columns, the same in every database.
enum StoredValues {
  /// Ids are lower-case text, as on the wire.
  static func text(_ id: UUID) -> String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      id.writeHyphenated(to: UnsafeMutableBufferPointer(rebasing: buffer[..<36]))
      return 36
    }
  }

  /// Times are whole milliseconds since 1970, the precision of the wire.
  static func milliseconds(_ date: Date) -> Int64 {
    Int64((date.timeIntervalSince1970 * 1_000).rounded())
  }

  static func date(milliseconds: Int64) -> Date {
    Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
  }

  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// A list of ids as JSON, for `json_each`.
  static func json(ids: [UUID]) -> String {
    ids.isEmpty ? "[]" : "[\"" + ids.map(text).joined(separator: "\",\"") + "\"]"
  }

  /// A list of numbers as JSON, for `json_each`.
  static func json(numbers: [Int64]) -> String {
    "[" + numbers.map(String.init).joined(separator: ",") + "]"
  }

  static func value<Value: Decodable>(_ type: Value.Type, json: String) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(json.utf8))
    } catch {
      throw unreadable(String(describing: type))
    }
  }

  /// A list of strings. Nearly all of them are plain, and reading those by hand takes a tenth of the time.
  static func strings(json: String) throws -> [String] {
    let bytes = json.utf8
    if json == "[]" { return [] }
    guard bytes.count > 4, bytes.starts(with: #"[""#.utf8), bytes.suffix(2).elementsEqual(#""]"#.utf8),
      !bytes.contains(UInt8(ascii: "\\"))
    else { return try value([String].self, json: json) }
    // Without a backslash each quote is the end of a string or the start of one; between two strings there is `","`.
    var strings: [String] = []
    var start = bytes.index(bytes.startIndex, offsetBy: 2)
    let end = bytes.index(bytes.endIndex, offsetBy: -2)
    while let quote = bytes[start..<end].firstIndex(of: UInt8(ascii: "\"")) {
      guard bytes[quote..<end].starts(with: #"",""#.utf8) else { return try value([String].self, json: json) }
      strings.append(String(json[start..<quote]))
      start = bytes.index(quote, offsetBy: 3)
    }
    strings.append(String(json[start..<end]))
    return strings
  }

  /// The form of RFC 9562 with hyphens. Foundation reads it with `sscanf`, which took a tenth of a search.
  static func id(_ text: String) throws -> UUID {
    var text = text
    guard let id = text.withUTF8({ UUID(hyphenated: $0) }) else { throw unreadable("id") }
    return id
  }

  /// A row that this version cannot have written.
  static func unreadable(_ what: String) -> StoreError {
    StoreError(
      .failed, "Something stored cannot be read. The data may have been changed by another program.",
      detail: "unreadable \(what)")
  }
}

extension UUID {
  /// 32 lower-case hexadecimal digits in groups of 8, 4, 4, 4 and 12, with hyphens between them.
  fileprivate func writeHyphenated(to buffer: UnsafeMutableBufferPointer<UInt8>) {
    withUnsafeBytes(of: uuid) { bytes in
      var place = 0
      for (index, byte) in bytes.enumerated() {
        if index == 4 || index == 6 || index == 8 || index == 10 {
          buffer[place] = UInt8(ascii: "-")
          place += 1
        }
        buffer[place] = Self.digit(byte >> 4)
        buffer[place + 1] = Self.digit(byte & 0xF)
        place += 2
      }
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
  }

  /// - Returns: `nil` for anything but 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, with hyphens between them.
  fileprivate init?(hyphenated text: UnsafeBufferPointer<UInt8>) {
    guard text.count == 36 else { return nil }
    var bytes: (UInt64, UInt64) = (0, 0)
    for (index, byte) in text.enumerated() {
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: return nil
      }
      // The 16 digits before the third hyphen are the upper half.
      if index < 18 {
        bytes.0 = bytes.0 << 4 | UInt64(digit)
      } else {
        bytes.1 = bytes.1 << 4 | UInt64(digit)
      }
    }
    self = withUnsafeBytes(of: (bytes.0.bigEndian, bytes.1.bigEndian)) { raw in
      UUID(uuid: raw.loadUnaligned(as: uuid_t.self))
    }
  }
}
