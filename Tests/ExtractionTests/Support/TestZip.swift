/// Builds ZIP archives, also ones that no honest program makes. Entries are stored as they are.
struct TestZip {
  struct Entry {
    var name: String
    var content: [UInt8]
    /// Unix mode; a link has 0o120777.
    var mode: UInt32 = 0o100644
    var isEncrypted = false
  }

  var entries: [Entry] = []

  init(_ files: [(String, String)] = []) {
    entries = files.map { Entry(name: $0.0, content: Array($0.1.utf8)) }
  }

  var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let name = Array(entry.name.utf8)
      let offset = UInt32(file.count)
      let common =
        le16(20) + le16(entry.isEncrypted ? 1 : 0) + le16(0) + le32(0) + le32(Self.crc(entry.content))
        + le32(UInt32(entry.content.count)) + le32(UInt32(entry.content.count)) + le16(UInt16(name.count))
        + le16(0)
      file += [0x50, 0x4B, 3, 4] + common + name + entry.content
      directory +=
        [0x50, 0x4B, 1, 2] + le16(0x0314) + common + le16(0) + le16(0) + le16(0) + le32(entry.mode << 16)
        + le32(offset) + name
    }
    let start = UInt32(file.count)
    let count = UInt16(truncatingIfNeeded: entries.count)
    return file + directory + [0x50, 0x4B, 5, 6] + le16(0) + le16(0) + le16(count) + le16(count)
      + le32(UInt32(directory.count)) + le32(start) + le16(0)
  }

  private func le16(_ value: UInt16) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8)] }
  private func le32(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8((value >> (8 * $0)) & 0xFF) } }

  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
      }
    }
  }
}

/// A Word file of this body.
func wordFile(_ body: String, files: [(String, String)] = []) -> [UInt8] {
  let space = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""
  return TestZip(
    [("word/document.xml", "<w:document \(space)><w:body>\(body)</w:body></w:document>")] + files
  ).bytes
}

/// A book of these chapters, read in this order.
func book(_ chapters: [(String, String)], spine: [String]? = nil, extra: String = "") -> [UInt8] {
  let items = chapters.map {
    "<item id=\"\($0.0)\" href=\"\($0.0).xhtml\" media-type=\"application/xhtml+xml\"/>"
  }
  let references = (spine ?? chapters.map(\.0)).map { "<itemref idref=\"\($0)\"/>" }
  return TestZip(
    [
      ("mimetype", "application/epub+zip"),
      (
        "META-INF/container.xml",
        "<container><rootfiles><rootfile full-path=\"OPS/book.opf\"/></rootfiles></container>"
      ),
      (
        "OPS/book.opf",
        "<package><metadata><dc:title xmlns:dc=\"d\">The Book</dc:title></metadata><manifest>\(items.joined())\(extra)"
          + "</manifest><spine toc=\"ncx\">\(references.joined())</spine></package>"
      ),
    ] + chapters.map { ("OPS/\($0.0).xhtml", "<html><body>\($0.1)</body></html>") }
  ).bytes
}
