/// What the styles of a Word file say about its paragraphs.
struct DOCXStyles {
  struct Style {
    var name = ""
    var basedOn: String?
    /// From 0; 9 is body text.
    var outlineLevel: Int?
    var isListItem = false
  }

  enum Meaning: Equatable {
    case heading(Int)
    case title, code, quote, body
  }

  var styles: [String: Style] = [:]

  /// Word keeps the names of its own styles in English in files of every language; ids are translated.
  func meaning(of id: String?) -> Meaning {
    for style in chain(id) {
      if let level = style.outlineLevel { return level < 9 ? .heading(level + 1) : .body }
      let name = style.name.lowercased()
      if name.hasPrefix("heading "), let level = Int(name.dropFirst(8)), (1...9).contains(level) {
        return .heading(level)
      }
      switch name {
      case "title": return .title
      case "source code", "code", "html preformatted", "plain text", "macro text": return .code
      case "quote", "intense quote", "block text", "block quote": return .quote
      default: continue
      }
    }
    return .body
  }

  func isListItem(_ id: String?) -> Bool { chain(id).contains(where: \.isListItem) }

  /// A style and those that it is based on. Files made by hand may have circles in them.
  private func chain(_ id: String?) -> [Style] {
    var chain: [Style] = []
    var next = id
    while let id = next, let style = styles[id], chain.count < 20 {
      chain.append(style)
      next = style.basedOn
    }
    return chain
  }
}

final class DOCXStylesReader: MarkupHandler {
  private(set) var styles = DOCXStyles()
  private var id: String?

  func start(_ name: String, _ attributes: MarkupAttributes) {
    if name == "style" {
      id = attributes["styleId"]
      if let id { styles.styles[id] = DOCXStyles.Style() }
      return
    }
    guard let id else { return }
    switch name {
    case "name": styles.styles[id]?.name = attributes["val"] ?? ""
    case "basedOn": styles.styles[id]?.basedOn = attributes["val"]
    case "outlineLvl": styles.styles[id]?.outlineLevel = attributes["val"].flatMap { Int($0) }
    case "numPr": styles.styles[id]?.isListItem = true
    default: break
    }
  }

  func end(_ name: String) {
    if name == "style" { id = nil }
  }

  func text(_ utf8: UnsafeBufferPointer<UInt8>) {}
}

/// Reads footnotes or endnotes: id and text of each.
final class DOCXNotesReader: MarkupHandler {
  private(set) var notes: [(id: String, text: String)] = []
  private var id: String?
  private var text: [UInt8] = []
  private var isInText = false

  func start(_ name: String, _ attributes: MarkupAttributes) {
    switch name {
    case "footnote", "endnote":
      // Separators between text and notes are notes with a type.
      id = attributes["type"] == nil || attributes["type"] == "normal" ? attributes["id"] : nil
      text = []
    case "t": isInText = true
    case "p", "tab", "br": if !text.isEmpty { text.append(UInt8(ascii: " ")) }
    default: break
    }
  }

  func end(_ name: String) {
    if name == "t" { isInText = false }
    guard name == "footnote" || name == "endnote", let id else { return }
    let note = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(
      separator: " ")
    if !note.isEmpty { notes.append((id, note)) }
    self.id = nil
  }

  func text(_ utf8: UnsafeBufferPointer<UInt8>) {
    if isInText { text.append(contentsOf: utf8) }
  }
}
