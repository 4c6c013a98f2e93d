import Foundation
import Graph

/// The kinds of text that Rill can read, told by the file's name.
enum DocumentFormat: Sendable, Hashable {
  case markdown, plainText

  static let markdownExtensions: Set<String> = ["md", "markdown", "mdown", "mkd", "mdx"]
  static let textExtensions: Set<String> = ["txt", "text", "rst", "adoc", "asciidoc", "org"]
  /// Files that are text by custom though their names have no extension.
  static let textNames: Set<String> = ["README", "LICENSE", "CHANGELOG", "NOTES", "AUTHORS", "CONTRIBUTING"]

  /// - Returns: `nil` for names that say nothing: such files are left out when a folder is searched.
  init?(fileName: String) {
    let fileExtension = (fileName as NSString).pathExtension.lowercased()
    if Self.markdownExtensions.contains(fileExtension) {
      self = .markdown
    } else if Self.textExtensions.contains(fileExtension) || Self.textNames.contains(fileName) {
      self = .plainText
    } else {
      return nil
    }
  }

  var mediaType: String {
    switch self {
    case .markdown: "text/markdown"
    case .plainText: "text/plain"
    }
  }

  var chunker: any Chunker {
    switch self {
    case .markdown: MarkdownChunker()
    case .plainText: TextChunker()
    }
  }
}
