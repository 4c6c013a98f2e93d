/// Why a file cannot be read.
public struct ExtractionError: Error, Sendable, Hashable {
  /// For programs.
  public enum Code: String, Sendable, Hashable, Codable, CaseIterable {
    /// A kind of file that Rill does not read.
    case unsupportedFormat
    /// The content is not what the name says.
    case wrongFormat
    /// Protected with a password or by digital rights management.
    case encrypted
    /// Cut off, or not built as its format asks for.
    case damaged
    case tooLarge
    case tooManyPages
    /// Nested too deeply.
    case tooDeep
    case tooSlow
    /// Called a text, but holds other bytes than text.
    case notText
    /// There is nothing to read in it.
    case noText
    /// A program that is needed to read it is not installed.
    case toolMissing
    /// The file is gone or may not be opened.
    case unreadable
    /// The caller's progress function threw.
    case cancelled
  }

  public let code: Code
  /// For people: what happened and what to do, in whole sentences. It names no folders of this computer.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension ExtractionError: CustomStringConvertible {
  public var description: String { message }
}
