import Foundation
import Graph
import Testing

@testable import Extraction

/// A folder for one test, gone with it.
final class TestFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "rill-extraction-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  func file(_ name: String, _ bytes: some Sequence<UInt8>) throws -> URL {
    let url = url.appending(path: name)
    try Data(bytes).write(to: url)
    return url
  }

  func file(_ name: String, _ text: String) throws -> URL { try file(name, text.utf8) }

  func program(_ name: String, _ script: String) throws -> String {
    let url = try file(name, "#!/bin/sh\n" + script)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
    return url.path
  }
}

enum Fixtures {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures")

  static func url(_ name: String) -> URL { folder.appending(path: name) }
  static func bytes(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: url(name))) }
}

/// Reads bytes under a name.
func extract(
  _ name: String, _ bytes: some Sequence<UInt8>, mediaType: String? = nil,
  limits: ExtractionLimits = ExtractionLimits()
) throws -> ExtractedText {
  let folder = try TestFolder()
  defer { withExtendedLifetime(folder) {} }
  // The file on disk has no name of its own: only the one that it came with counts.
  let url = try folder.file("upload", bytes)
  return try TextExtractor(limits: limits).extract(
    ExtractionSource(url: url, name: name, mediaType: mediaType))
}

func extract(_ name: String, _ text: String, mediaType: String? = nil) throws -> ExtractedText {
  try extract(name, text.utf8, mediaType: mediaType)
}

/// The error that reading bytes under a name gives.
func failure(
  _ name: String, _ bytes: some Sequence<UInt8>, limits: ExtractionLimits = ExtractionLimits()
) throws -> ExtractionError {
  do {
    let text = try extract(name, bytes, limits: limits)
    Issue.record("\(name) was read: \(text.text.prefix(200))")
    return ExtractionError(.cancelled, "")
  } catch let error as ExtractionError {
    return error
  }
}

func failure(_ name: String, _ text: String) throws -> ExtractionError { try failure(name, text.utf8) }

extension ExtractedText {
  /// The blocks in short: `h2 Title`, `p text`, `li - item`, `table a | b`, `code …`, `quote …`.
  var outline: [String] {
    let bytes = Array(text.utf8)
    return blocks.map { block in
      let text = String(decoding: bytes[block.range], as: UTF8.self)
      return switch block.kind {
      case .heading(let level, let title): "h\(level) \(title)"
      case .paragraph: "p \(text)"
      case .listItem: "li \(text)"
      case .quote: "quote \(text)"
      case .table: "table \(text)"
      case .code: "code \(text)"
      case .other: "other \(text)"
      }
    }
  }

  /// What holds for every text: blocks in order, within the text, cut at letters; pages cover the text; pieces are exact.
  func check(sourceLocation: SourceLocation = #_sourceLocation) {
    let bytes = Array(text.utf8)
    var last = 0
    for block in blocks {
      #expect(
        block.range.lowerBound >= last && block.range.upperBound <= bytes.count && !block.range.isEmpty,
        sourceLocation: sourceLocation)
      last = block.range.upperBound
    }
    for (page, next) in zip(pages, pages.dropFirst()) {
      #expect(page.upperBound == next.lowerBound, sourceLocation: sourceLocation)
    }
    if let first = pages.first, let last = pages.last {
      #expect(first.lowerBound == 0 && last.upperBound == bytes.count, sourceLocation: sourceLocation)
    }
    for piece in StructuredChunker().chunk(self) {
      #expect(Array(piece.text.utf8) == Array(bytes[piece.byteRange]), sourceLocation: sourceLocation)
      #expect(
        piece.page.map { (1...max(1, pages.count)).contains($0) } ?? pages.isEmpty,
        sourceLocation: sourceLocation)
    }
  }
}
