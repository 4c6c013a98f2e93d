import CXML2

/// Parses HTML of any quality with libxml2's parser, which repairs what it must.
enum HTMLDocument {
  /// - Parameter utf8: valid UTF-8; what the document says about its encoding is ignored.
  static func parse(
    _ utf8: [UInt8], to handler: any MarkupHandler, _ context: ExtractionContext
  ) throws(ExtractionError) {
    let driver = MarkupDriver(handler, context)
    guard let parser = htmlNewParserCtxt() else { throw .damaged("The page cannot be parsed.") }
    defer { htmlFreeParserCtxt(parser) }
    driver.parser = parser
    parser.pointee.sax.pointee = xmlSAXHandler.html()
    parser.pointee.userData = driver.pointer
    let options =
      HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
      | HTML_PARSE_NONET.rawValue | HTML_PARSE_IGNORE_ENC.rawValue
    withExtendedLifetime(driver) {
      utf8.withUnsafeBytes { bytes in
        let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        let document = htmlCtxtReadMemory(parser, start, CInt(bytes.count), nil, "UTF-8", CInt(options))
        if let document { xmlFreeDoc(document) }
      }
    }
    if let failure = driver.failure { throw failure }
  }
}
