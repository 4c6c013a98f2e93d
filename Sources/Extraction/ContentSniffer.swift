import Foundation

/// Tells what a file is by its first bytes; names are often wrong, and senders guess.
enum ContentSniffer {
  enum Kind: Equatable {
    case format(DocumentFormat)
    /// A ZIP: only its list of files tells what it is.
    case zip
    /// The container of old Office files, and of new ones with a password.
    case compoundFile
    /// Something else that is known, with its article: `a PNG picture`.
    case other(String)
  }

  /// How many bytes are looked at.
  static let length = 4_096

  /// - Returns: `nil` for text and for what is not known.
  static func kind(of head: [UInt8]) -> Kind? {
    // A PDF may have other bytes before its mark (ISO 32000-1, annex H).
    if contains("%PDF-", in: head.prefix(1_024)) { return .format(.pdf) }
    if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) || head.starts(with: [0x50, 0x4B, 0x05, 0x06]) {
      return .zip
    }
    if head.starts(with: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) { return .compoundFile }
    if let known = textual.first(where: { head.starts(with: $0.mark) }) { return .other(known.phrase) }
    // A text may begin with the letters of any mark, but it holds no control characters.
    guard head.contains(where: { $0 < 9 }) else { return nil }
    return others.first { head.dropFirst($0.offset).starts(with: $0.mark) }.map { .other($0.phrase) }
  }

  /// Whether a text of unknown name is a web page.
  static func looksLikeHTML(_ head: [UInt8]) -> Bool {
    let start = String(decoding: head.prefix(512), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines.union(CharacterSet(charactersIn: "\u{FEFF}")))
      .lowercased()
    return start.hasPrefix("<!doctype html") || start.hasPrefix("<html")
      || start.hasPrefix("<?xml") && start.contains("<html")
  }

  private static func contains(_ mark: String, in bytes: ArraySlice<UInt8>) -> Bool {
    let mark = Array(mark.utf8)
    return bytes.indices.contains { bytes[$0] == mark[0] && bytes[$0...].starts(with: mark) }
  }

  private struct Known {
    let mark: [UInt8]
    let offset: Int
    let phrase: String

    init(_ mark: [UInt8], _ phrase: String, offset: Int = 0) {
      (self.mark, self.phrase, self.offset) = (mark, phrase, offset)
    }

    init(_ mark: String, _ phrase: String, offset: Int = 0) {
      self.init(Array(mark.utf8), phrase, offset: offset)
    }
  }

  private static let textual: [Known] = [
    Known("{\\rtf", "an RTF file"), Known("%!PS", "a PostScript file"),
  ]

  private static let others: [Known] = [
    Known([0x89, 0x50, 0x4E, 0x47], "a PNG picture"), Known([0xFF, 0xD8, 0xFF], "a JPEG picture"),
    Known("GIF8", "a GIF picture"), Known("WEBP", "a WebP picture", offset: 8),
    Known([0x49, 0x49, 0x2A, 0x00], "a TIFF picture"), Known([0x4D, 0x4D, 0x00, 0x2A], "a TIFF picture"),
    Known([0x00, 0x00, 0x01, 0x00], "an icon"),
    Known("ftyp", "a video or sound file", offset: 4), Known("OggS", "a sound or video file"),
    Known("ID3", "a sound file"), Known("fLaC", "a sound file"), Known("RIFF", "a sound or video file"),
    Known([0x1A, 0x45, 0xDF, 0xA3], "a video"), Known([0x1F, 0x8B], "a gzip archive"),
    Known("BZh", "a bzip2 archive"), Known([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "an xz archive"),
    Known([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard archive"), Known([0x37, 0x7A, 0xBC, 0xAF], "a 7z archive"),
    Known("Rar!", "a RAR archive"), Known("ustar", "a tar archive", offset: 257),
    Known([0x7F, 0x45, 0x4C, 0x46], "a program"), Known([0xCF, 0xFA, 0xED, 0xFE], "a program"),
    Known([0xCA, 0xFE, 0xBA, 0xBE], "a program"),
    Known("SQLite format 3\0", "a database"), Known("wOFF", "a font"), Known("OTTO", "a font"),
    Known("AT&TFORM", "a DjVu file"),
    Known("BOOKMOBI", "a Kindle book", offset: 60),
  ]
}
