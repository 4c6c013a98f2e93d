import Foundation

/// Finds the path of the package file in `META-INF/container.xml`.
final class EPUBContainerReader: MarkupHandler {
  private(set) var path: String?

  func start(_ name: String, _ attributes: MarkupAttributes) {
    if name == "rootfile", path == nil { path = attributes["full-path"] }
  }

  func end(_ name: String) {}
  func text(_ utf8: UnsafeBufferPointer<UInt8>) {}
}

/// Reads the package file: title, files and reading order.
final class EPUBPackageReader: MarkupHandler {
  struct Item {
    let reference: String
    let mediaType: String
    let properties: String

    var isPage: Bool { mediaType == "application/xhtml+xml" || mediaType == "text/html" }
  }

  private(set) var items: [String: Item] = [:]
  private(set) var spine: [String] = []
  private var contentsID: String?
  private let titles = MarkupTextCollector(element: "title")

  var title: String? { titles.first }

  /// The table of contents of version 3, or that of version 2.
  var contents: Item? {
    items.values.first { $0.properties.split(separator: " ").contains("nav") }
      ?? contentsID.flatMap { items[$0] }
  }

  func start(_ name: String, _ attributes: MarkupAttributes) {
    titles.start(name, attributes)
    switch name {
    case "item":
      guard let id = attributes["id"], let reference = attributes["href"] else { return }
      items[id] = Item(
        reference: reference, mediaType: attributes["media-type"] ?? "",
        properties: attributes["properties"] ?? "")
    case "spine": contentsID = attributes["toc"]
    case "itemref": if let id = attributes["idref"], spine.count < 100_000 { spine.append(id) }
    default: break
    }
  }

  func end(_ name: String) { titles.end(name) }
  func text(_ utf8: UnsafeBufferPointer<UInt8>) { titles.text(utf8) }
}

/// Finds which files of a book are encrypted.
final class EPUBEncryptionReader: MarkupHandler {
  private(set) var paths: Set<String> = []

  func start(_ name: String, _ attributes: MarkupAttributes) {
    if name == "CipherReference", let path = attributes["URI"] {
      paths.insert(path.removingPercentEncoding ?? path)
    }
  }

  func end(_ name: String) {}
  func text(_ utf8: UnsafeBufferPointer<UInt8>) {}
}

/// Reads a table of contents of either version: links with their texts, or points with labels and contents.
final class EPUBContentsReader: MarkupHandler {
  private(set) var names: [(reference: String, name: String)] = []
  private var reference: String?
  private var label: String?
  private var text: [UInt8] = []

  func start(_ name: String, _ attributes: MarkupAttributes) {
    switch name {
    case "a":
      reference = attributes["href"]
      text = []
    case "navLabel": text = []
    case "content":
      if let label, let source = attributes["src"] { names.append((source, label)) }
    default: break
    }
  }

  func end(_ name: String) {
    switch name {
    case "a":
      if let reference { names.append((reference, oneLine)) }
      reference = nil
    case "navLabel": label = oneLine
    default: break
    }
  }

  func text(_ utf8: UnsafeBufferPointer<UInt8>) {
    if text.count < 10_000 { text.append(contentsOf: utf8) }
  }

  private var oneLine: String {
    String(
      String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        .prefix(200))
  }
}
