import Extraction
import Graph

/// Why a file does not become a document.
struct IngestionFailure: Error, Sendable, Hashable {
  /// For programs, like `encrypted`.
  var code: String
  /// Sentences for people.
  var message: String

  init(_ code: String, _ message: String) {
    self.code = code
    self.message = message
  }

  init(_ error: ExtractionError) {
    self.init(error.code.rawValue.snakeCased, error.message)
  }

  var stored: IngestionJob.Failure { .init(code: code, message: message) }

  /// Whether the same file may well succeed another time.
  static func isRetryable(_ code: String) -> Bool { retryable.contains(code) }

  private static let retryable: Set<String> = [
    "too_slow", "tool_missing", "unreadable", "interrupted", "store_failed", "original_missing",
  ]

  /// The code of a file that there is nothing to read in.
  static let noText = "no_text"

  static let interrupted = IngestionFailure(
    "interrupted",
    "The server ended again and again while it was reading this file. Try again, or convert it first.")
  static let originalMissing = IngestionFailure(
    "original_missing", "The file is no longer in the data folder. Add it again.")
}

extension String {
  /// `tooManyPages` → `too_many_pages`.
  fileprivate var snakeCased: String {
    reduce(into: "") { text, character in
      if character.isUppercase { text += "_" }
      text += character.lowercased()
    }
  }
}
