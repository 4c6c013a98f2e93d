/// What a file may cost at most. A file beyond a limit gives an error; nothing is cut off silently.
public struct ExtractionLimits: Sendable, Hashable {
  /// Bytes of a PDF, Word file, book or archive.
  public var fileBytes = 200_000_000
  /// Bytes of a file that is read as text: more than this is data, not something to read.
  public var textFileBytes = 50_000_000
  /// UTF-8 bytes of the text that comes out. A thick book has about one million.
  public var extractedBytes = 50_000_000
  public var pages = 20_000
  /// Time for one file.
  public var duration: Duration = .seconds(600)
  /// How deep elements may be nested in HTML and XML. Real pages stay below 100.
  public var elementDepth = 1_000
  /// How many elements a file may have.
  public var elements = 20_000_000
  /// Files in an archive, a book or a Word file.
  public var archiveEntries = 10_000
  /// Bytes of everything in an archive together.
  public var unpackedBytes = 2_000_000_000
  /// How many times larger than packed the content of an archive may be. Text rarely exceeds 20, bombs reach 1,000.
  public var compressionRatio = 200
  /// Below this many bytes the ratio does not matter.
  public var unsuspiciousBytes = 10_000_000
  /// How many archives may be inside each other, the outermost included.
  public var archiveDepth = 2
  /// Address space of a program that reads PDFs, where the system can limit it (Linux).
  public var toolMemoryBytes = 4_000_000_000

  public init() {}
}
