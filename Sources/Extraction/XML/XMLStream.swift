import CXML2

/// Reads XML piece by piece, so that a file is never in memory as a whole.
enum XMLStream {
  /// libxml2's own limit, near which it gives up.
  private static let deepest = 250

  /// - Parameters:
  ///   - what: names the file in errors: "The document inside the Word file".
  ///   - read: fills a buffer and returns how many bytes it wrote, 0 at the end.
  /// - Throws: what the handler or `read` throws; `.damaged` when it is no XML or defines entities.
  static func parse(
    _ what: String, to handler: any MarkupHandler, _ context: ExtractionContext,
    read: @escaping (UnsafeMutableRawBufferPointer) throws(ExtractionError) -> Int
  ) throws(ExtractionError) {
    let driver = MarkupDriver(handler, context, forbidsEntities: true)
    let source = XMLSource(driver: driver, read: read)
    var sax = xmlSAXHandler.xml()
    let parser = xmlCreateIOParserCtxt(
      &sax, driver.pointer,
      { source, buffer, count in
        guard let source, let buffer else { return -1 }
        let bytes = UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))
        return CInt(Unmanaged<XMLSource>.fromOpaque(source).takeUnretainedValue().fill(bytes))
      }, nil, Unmanaged.passUnretained(source).toOpaque(), XML_CHAR_ENCODING_NONE)
    guard let parser else { throw driver.failure ?? .damaged("\(what) is empty.") }
    defer { xmlFreeParserCtxt(parser) }
    driver.parser = parser
    xmlCtxtUseOptions(
      parser, CInt(XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue))
    // The memory that a single text or attribute may take stays bounded: XML_PARSE_HUGE is not set.
    let result = withExtendedLifetime((driver, source)) { xmlParseDocument(parser) }
    if let failure = driver.failure { throw failure }
    guard result == 0, parser.pointee.wellFormed == 1 else {
      if driver.depth >= deepest { throw .tooDeep(deepest) }
      let line = xmlCtxtGetLastError(parser).map { " (line \($0.pointee.line))" } ?? ""
      throw .damaged("\(what) is not well-formed XML\(line).")
    }
  }
}

/// Where libxml2 fetches the bytes of an XML file.
private final class XMLSource {
  private let driver: MarkupDriver
  private let read: (UnsafeMutableRawBufferPointer) throws(ExtractionError) -> Int

  init(
    driver: MarkupDriver, read: @escaping (UnsafeMutableRawBufferPointer) throws(ExtractionError) -> Int
  ) {
    self.driver = driver
    self.read = read
  }

  func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    do throws(ExtractionError) {
      return try read(buffer)
    } catch {
      driver.fail(error)
      return -1
    }
  }
}
