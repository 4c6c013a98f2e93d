import Foundation
import Graph

/// Reads Word files (Office Open XML, ECMA-376 part 1).
enum DOCXReader {
  static func read(_ url: URL, _ context: ExtractionContext) throws(ExtractionError) -> ExtractedText {
    let zip = try ZipFile(url, context)
    guard let main = mainDocument(of: zip) else {
      throw .damaged("The Word file holds no document.")
    }
    var styles = DOCXStyles()
    if let entry = zip.entry("word/styles.xml") {
      let reader = DOCXStylesReader()
      try parse("The list of styles in the Word file", entry, of: zip, to: reader, context)
      styles = reader.styles
    }
    var notes: [String: String] = [:]
    for (kind, name) in [("f", "word/footnotes.xml"), ("e", "word/endnotes.xml")] {
      guard let entry = zip.entry(name) else { continue }
      let reader = DOCXNotesReader()
      try parse("The list of notes in the Word file", entry, of: zip, to: reader, context)
      for (id, text) in reader.notes { notes[kind + id] = text }
    }
    let reader = DOCXBodyReader(styles: styles, notes: notes, builder: TextBuilder(limits: context.limits))
    try parse("The document inside the Word file", main, of: zip, to: reader, context)
    var builder = try reader.finish()
    if let entry = zip.entry("docProps/core.xml") {
      let core = MarkupTextCollector(element: "title")
      try parse("The description in the Word file", entry, of: zip, to: core, context)
      builder.title = core.first ?? builder.title
    }
    return try builder.finish()
  }

  static func parse(
    _ what: String, _ entry: ZipFile.Entry, of zip: ZipFile, to handler: any MarkupHandler,
    _ context: ExtractionContext
  ) throws(ExtractionError) {
    let stream = try zip.open(entry)
    try XMLStream.parse(what, to: handler, context) { buffer throws(ExtractionError) in
      try stream.read(into: buffer)
    }
  }

  /// Word calls it `word/document.xml`; its web version also puts a number behind it.
  private static func mainDocument(of zip: ZipFile) -> ZipFile.Entry? {
    zip.entry("word/document.xml")
      ?? zip.entries.first { $0.name.wholeMatch(of: /word\/document\d+\.xml/) != nil }
  }
}

/// Collects the text of the elements of one name.
final class MarkupTextCollector: MarkupHandler {
  private let element: String
  private var isInside = false
  private var text: [UInt8] = []
  private var texts: [String] = []

  init(element: String) {
    self.element = element
  }

  /// The first one that is not blank.
  var first: String? { texts.first { !$0.isEmpty } }

  func start(_ name: String, _ attributes: MarkupAttributes) {
    if name == element { isInside = true }
  }

  func end(_ name: String) {
    guard name == element else { return }
    isInside = false
    let title = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(
      separator: " ")
    texts.append(String(title.prefix(500)))
    text = []
  }

  func text(_ utf8: UnsafeBufferPointer<UInt8>) {
    if isInside, text.count < 10_000 { text.append(contentsOf: utf8) }
  }
}
