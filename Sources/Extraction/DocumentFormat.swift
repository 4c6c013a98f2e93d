import Foundation

/// The kinds of files that Rill reads.
public enum DocumentFormat: String, Sendable, Hashable, Codable, CaseIterable {
  case plainText, markdown, html, pdf, docx, epub, csv, tsv, json, jsonLines, yaml, sourceCode, log, zip

  /// What a file's name says.
  ///
  /// - Returns: `nil` for names that say nothing: such files are left out when a folder is searched.
  public init?(fileName: String) {
    let name = (fileName as NSString).lastPathComponent
    let fileExtension = (name as NSString).pathExtension.lowercased()
    if let format = Self.byExtension[fileExtension] {
      self = format
    } else if fileExtension.isEmpty, Self.textNames.contains(name.uppercased()) {
      self = .plainText
    } else if Self.codeNames.contains(name.lowercased()) {
      self = .sourceCode
    } else {
      return nil
    }
  }

  /// What a `Content-Type` says; parameters are ignored. `nil` for types that Rill does not read or that say nothing.
  public init?(mediaType: String) {
    let type = mediaType.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    if let format = Self.allCases.first(where: { $0.mediaType == type }) {
      self = format
    } else if let format = Self.otherMediaTypes[type] {
      self = format
    } else if type.hasPrefix("text/x-") {
      self = .sourceCode
    } else if type.hasPrefix("text/") {
      self = .plainText
    } else {
      return nil
    }
  }

  public var mediaType: String {
    switch self {
    case .plainText: "text/plain"
    case .markdown: "text/markdown"
    case .html: "text/html"
    case .pdf: "application/pdf"
    case .docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    case .epub: "application/epub+zip"
    case .csv: "text/csv"
    case .tsv: "text/tab-separated-values"
    case .json: "application/json"
    case .jsonLines: "application/x-ndjson"
    case .yaml: "application/yaml"
    case .sourceCode: "text/x-source"
    case .log: "text/x-log"
    case .zip: "application/zip"
    }
  }

  /// For people, with its article: `a Word file`.
  public var phrase: String {
    switch self {
    case .plainText: "a text file"
    case .markdown: "a Markdown file"
    case .html: "a web page"
    case .pdf: "a PDF"
    case .docx: "a Word file"
    case .epub: "an EPUB book"
    case .csv, .tsv: "a table"
    case .json, .jsonLines: "a JSON file"
    case .yaml: "a YAML file"
    case .sourceCode: "source code"
    case .log: "a log"
    case .zip: "a ZIP archive"
    }
  }

  /// Whether its bytes are text.
  var isText: Bool {
    switch self {
    case .pdf, .docx, .epub, .zip: false
    case .plainText, .markdown, .html, .csv, .tsv, .json, .jsonLines, .yaml, .sourceCode, .log: true
    }
  }
}
