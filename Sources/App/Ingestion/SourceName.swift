import Foundation

/// Makes the name under which a document is kept from what a client calls a file.
enum SourceName {
  /// In bytes of UTF-8.
  static let maximumLength = 1_000

  /// - Returns: a relative path with slashes, in composed form, without `.`, `..`, empty parts and control characters.
  /// - Throws: ``IngestionFailure`` when nothing is left, or the name means a place outside.
  static func make(_ name: String, folder: String = "") throws -> String {
    let parts = try parts(of: folder) + parts(of: name)
    let source = parts.joined(separator: "/")
    guard !parts.isEmpty else {
      throw IngestionFailure("bad_name", "The file has no name. Give it one and add it again.")
    }
    guard source.utf8.count <= maximumLength else {
      throw IngestionFailure(
        "bad_name", "The file's name with its folders is longer than \(maximumLength) bytes. Shorten it.")
    }
    return source
  }

  private static func parts(of name: String) throws -> [String] {
    let name = name.replacing("\\", with: "/").precomposedStringWithCanonicalMapping
    guard !name.hasPrefix("/"), !hasDrive(name) else {
      throw IngestionFailure(
        "bad_name", "The file's name is an absolute path. Send a name like notes/river.md instead.")
    }
    return try name.split(separator: "/").compactMap { part in
      if part == "." { return nil }
      guard part != ".." else {
        throw IngestionFailure("bad_name", "The file's name leads out of its folder (“..”). Rename it.")
      }
      guard !part.unicodeScalars.contains(where: isControl) else {
        throw IngestionFailure("bad_name", "The file's name holds control characters. Rename it.")
      }
      return String(part)
    }
  }

  /// `C:/…`
  private static func hasDrive(_ name: String) -> Bool {
    let start = name.prefix(3)
    return start.count == 3 && start.first?.isASCII == true && start.first?.isLetter == true
      && start.dropFirst() == ":/"
  }

  /// Controls, and the marks that make a name read backwards.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
    default: (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
  }

  /// Whether a part of the path begins with a dot, as files do that people do not mean to share.
  static func isHidden(_ source: String) -> Bool {
    source.split(separator: "/").contains { $0.hasPrefix(".") || $0 == "__MACOSX" || $0 == "node_modules" }
  }
}
