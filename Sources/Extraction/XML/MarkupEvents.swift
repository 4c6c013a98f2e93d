import CXML2

/// Receives the elements and texts of an HTML or XML file in order, without a tree being built.
protocol MarkupHandler: AnyObject {
  /// - Parameter name: without its prefix; in lower case in HTML.
  func start(_ name: String, _ attributes: MarkupAttributes) throws(ExtractionError)
  func end(_ name: String) throws(ExtractionError)
  /// Called any number of times for one run of text. The bytes are UTF-8 and go away afterwards.
  func text(_ utf8: UnsafeBufferPointer<UInt8>) throws(ExtractionError)
}

/// The attributes of an element, read where libxml2 keeps them. Valid during `start` only.
struct MarkupAttributes {
  fileprivate enum Storage {
    /// Pairs of name and value, ended by null.
    case html(UnsafeMutablePointer<UnsafePointer<xmlChar>?>?)
    /// Five pointers each: local name, prefix, namespace, start and end of the value.
    case xml(UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, count: Int)
  }

  fileprivate let storage: Storage

  var isEmpty: Bool {
    switch storage {
    case .html(let pointer): pointer?.pointee == nil
    case .xml(_, let count): count == 0
    }
  }

  /// - Parameter name: without its prefix.
  /// - Returns: `nil` when there is none; an attribute without a value is empty.
  subscript(_ name: StaticString) -> String? {
    switch storage {
    case .html(let pointer):
      guard var pair = pointer else { return nil }
      while let key = pair.pointee {
        if Self.equals(key, name) { return pair[1].map { String(cString: $0) } ?? "" }
        pair += 2
      }
    case .xml(let pointer, let count):
      guard let pointer else { return nil }
      for index in 0..<count {
        guard let key = pointer[index * 5], Self.equals(key, name) else { continue }
        guard let start = pointer[index * 5 + 3], let end = pointer[index * 5 + 4] else { return "" }
        return String(decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self)
      }
    }
    return nil
  }

  private static func equals(_ key: UnsafePointer<xmlChar>, _ name: StaticString) -> Bool {
    name.withUTF8Buffer { expected in
      for index in expected.indices where key[index] != expected[index] { return false }
      return key[expected.count] == 0
    }
  }
}

/// Passes libxml2's events on to a handler and stops the parser at the first error or limit.
///
/// libxml2 calls back during a parse, on the same thread, with the pointer that is given to it; the driver outlives the
/// parse that its owner starts.
final class MarkupDriver {
  private let handler: any MarkupHandler
  private let context: ExtractionContext
  private let forbidsEntities: Bool
  private(set) var failure: ExtractionError?
  private(set) var depth = 0
  private var elements = 0
  var parser: UnsafeMutablePointer<xmlParserCtxt>?

  init(_ handler: any MarkupHandler, _ context: ExtractionContext, forbidsEntities: Bool = false) {
    self.handler = handler
    self.context = context
    self.forbidsEntities = forbidsEntities
  }

  var pointer: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  static func from(_ pointer: UnsafeMutableRawPointer?) -> MarkupDriver? {
    pointer.map { Unmanaged<MarkupDriver>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Remembers an error; nothing is passed on from now on. Inside a callback that fetches bytes this is all that may be
  /// done: stopping the parser there frees what it reads into.
  func fail(_ error: ExtractionError) {
    if failure == nil { failure = error }
  }

  func stop(_ error: ExtractionError) {
    fail(error)
    if let parser { xmlStopParser(parser) }
  }

  fileprivate func start(_ name: UnsafePointer<xmlChar>?, _ attributes: MarkupAttributes) {
    guard failure == nil, let name else { return }
    depth += 1
    elements += 1
    do throws(ExtractionError) {
      guard depth <= context.limits.elementDepth else {
        throw .tooDeep(context.limits.elementDepth)
      }
      guard elements <= context.limits.elements else {
        throw ExtractionError(
          .tooLarge,
          "The file has more than \(context.limits.elements) elements. Split it into smaller files and add those."
        )
      }
      try context.checkOften()
      try handler.start(String(cString: name), attributes)
    } catch {
      stop(error)
    }
  }

  fileprivate func end(_ name: UnsafePointer<xmlChar>?) {
    guard failure == nil, let name else { return }
    depth -= 1
    do throws(ExtractionError) {
      try handler.end(String(cString: name))
    } catch {
      stop(error)
    }
  }

  fileprivate func text(_ start: UnsafePointer<xmlChar>?, _ count: CInt) {
    guard failure == nil, let start, count > 0 else { return }
    do throws(ExtractionError) {
      try context.checkOften()
      try handler.text(UnsafeBufferPointer(start: start, count: Int(count)))
    } catch {
      stop(error)
    }
  }

  fileprivate func entityDeclared() {
    guard forbidsEntities else { return }
    stop(
      ExtractionError(
        .damaged,
        "The file defines abbreviations of its own (XML entities), which files of this kind never do and which can "
          + "be made to overload programs. Nothing of it was read."))
  }
}

extension xmlSAXHandler {
  /// Only what a ``MarkupHandler`` wants to know; without a function for it, libxml2 keeps no entities and loads nothing.
  private static func events() -> xmlSAXHandler {
    var handler = xmlSAXHandler()
    handler.initialized = UInt32(XML_SAX2_MAGIC)
    handler.characters = { MarkupDriver.from($0)?.text($1, $2) }
    handler.ignorableWhitespace = handler.characters
    handler.serror = { _, _ in }
    return handler
  }

  static func html() -> xmlSAXHandler {
    var handler = events()
    handler.startElement = { driver, name, attributes in
      MarkupDriver.from(driver)?.start(name, MarkupAttributes(storage: .html(attributes)))
    }
    handler.endElement = { MarkupDriver.from($0)?.end($1) }
    return handler
  }

  static func xml() -> xmlSAXHandler {
    var handler = events()
    handler.cdataBlock = handler.characters
    handler.startElementNs = { driver, name, _, _, _, _, count, _, attributes in
      MarkupDriver.from(driver)?.start(
        name, MarkupAttributes(storage: .xml(attributes, count: Int(count))))
    }
    handler.endElementNs = { driver, name, _, _ in MarkupDriver.from(driver)?.end(name) }
    handler.entityDecl = { driver, _, _, _, _, _ in MarkupDriver.from(driver)?.entityDeclared() }
    return handler
  }
}

extension ExtractionError {
  static func tooDeep(_ limit: Int) -> ExtractionError {
    ExtractionError(
      .tooDeep,
      "The file nests its elements more than \(limit) deep. "
        + "It was probably made to overload programs; nothing of it was read.")
  }
}
