/// The programs of poppler that read PDFs: names that are looked for in `PATH`, or paths.
public struct PDFTools: Sendable, Hashable {
  public var pdfinfo: String
  public var pdftotext: String
  public var pdftoppm: String

  public init(
    pdfinfo: String = "pdfinfo", pdftotext: String = "pdftotext", pdftoppm: String = "pdftoppm"
  ) {
    self.pdfinfo = pdfinfo
    self.pdftotext = pdftotext
    self.pdftoppm = pdftoppm
  }
}

extension ExtractionError {
  /// What the standard error output of one of these programs means.
  static func pdfFailure(_ result: Subprocess.Result) -> ExtractionError {
    let message = String(decoding: result.errors, as: UTF8.self)
    if message.contains("Incorrect password") { return .encrypted }
    if result.signal != nil || message.contains("Out of memory") || message.contains("bad_alloc") {
      return ExtractionError(
        .damaged,
        "The program that reads PDFs gave up on this file. Open it in a PDF viewer, print it into a new PDF and add "
          + "that.")
    }
    return .damaged("The PDF is cut off or damaged.")
  }
}
