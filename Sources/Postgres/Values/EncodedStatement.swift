/// A statement as libpq takes it: its parameters in one piece of memory.
struct EncodedStatement: Sendable {
  let sql: String
  /// The parameters' types; zero lets the server infer.
  let types: [UInt32]
  /// Where each parameter's bytes begin; `nil` is NULL.
  private let offsets: [Int?]
  private let lengths: [Int32]
  /// 1 is binary, 0 is text that ends with a zero byte.
  private let formats: [Int32]
  private let bytes: [UInt8]

  /// - Throws: ``PostgresError`` of the kind `usage`, before anything is sent.
  init(_ statement: PostgresStatement) throws {
    guard statement.parameters.count <= Self.mostParameters else {
      throw PostgresError(
        .usage(.tooManyParameters),
        "a statement has \(statement.parameters.count) parameters; PostgreSQL takes \(Self.mostParameters)")
    }
    guard !statement.sql.utf8.contains(0) else {
      throw PostgresError(.usage(.nulInText), "a statement holds the character U+0000")
    }
    sql = statement.sql
    types = statement.parameters.map { $0.parameterType?.oid ?? 0 }
    var writer = BinaryWriter()
    var (offsets, lengths, formats) = ([Int?](), [Int32](), [Int32]())
    for parameter in statement.parameters {
      let start = writer.bytes.count
      if case .json(let text) = parameter {
        try writer.write(text)
        formats.append(0)
      } else {
        try parameter.encode(as: parameter.parameterType ?? .text, into: &writer)
        formats.append(1)
      }
      let length = writer.bytes.count - start
      guard length <= BinaryWriter.largestValue else { throw BinaryWriter.tooLarge }
      offsets.append(parameter.isNull ? nil : start)
      lengths.append(Int32(length))
      // The end of a text, and an address for a parameter without bytes, which is not NULL.
      writer.bytes.append(0)
    }
    (self.offsets, self.lengths, self.formats, bytes) = (offsets, lengths, formats, writer.bytes)
  }

  /// The protocol counts them in 16 bits.
  static let mostParameters = 65_535

  /// The parameters as libpq wants them: addresses, lengths, formats.
  func withParameters<Result>(
    _ body: (Int32, [UnsafePointer<CChar>?], [Int32], [Int32]) -> Result
  ) -> Result {
    bytes.withUnsafeBytes { buffer in
      let values = offsets.map { offset in
        offset.flatMap { buffer.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self) }
      }
      return body(Int32(values.count), values, lengths, formats)
    }
  }
}
