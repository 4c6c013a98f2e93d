import Foundation

extension PostgresValue {
  /// Writes the value in the binary format of a type; nothing for NULL.
  ///
  /// - Throws: ``PostgresError`` of the kind `usage` when the value is none of the type.
  func encode(as type: PostgresType, into writer: inout BinaryWriter) throws {
    switch (self, type) {
    case (.null, _), (.typedNull, _): break
    case (.bool(let value), .bool): writer.write(UInt8(value ? 1 : 0))
    case (.int(let value), .int8): writer.write(value)
    case (.int(let value), .int4): writer.write(try narrow(value) as Int32)
    case (.int(let value), .int2): writer.write(try narrow(value) as Int16)
    case (.int(let value), .float8): writer.write(Double(value))
    case (.int(let value), .float4): writer.write(Float(value))
    case (.double(let value), .float8): writer.write(value)
    case (.double(let value), .float4): writer.write(Float(value))
    case (.text(let value), .text), (.json(let value), .text): try writer.write(value)
    case (.text(let value), .json), (.json(let value), .json): try writer.write(value)
    case (.text(let value), .jsonb), (.json(let value), .jsonb):
      writer.write(UInt8(1))  // The version of jsonb's format.
      try writer.write(value)
    case (.bytes(let value), .bytea): writer.bytes.append(contentsOf: value)
    case (.uuid(let value), .uuid): writer.write(value)
    case (.date(let value), .timestamptz): writer.write(value.postgresMicroseconds)
    case (.floats(let values), .vector): try encodeVector(values, into: &writer) { $0.write($1) }
    case (.floats(let values), .halfvec):
      try encodeVector(values, into: &writer) { $0.write(HalfPrecision.bits(of: $1)) }
    default: try encodeArray(as: type, into: &writer)
    }
  }

  private func encodeArray(as type: PostgresType, into writer: inout BinaryWriter) throws {
    switch (self, type) {
    case (.texts(let values), .textArray): try writer.writeArray(values, of: OID.text) { try $0.write($1) }
    case (.ints(let values), .int8Array): try writer.writeArray(values, of: OID.int8) { $0.write($1) }
    case (.uuids(let values), .uuidArray): try writer.writeArray(values, of: OID.uuid) { $0.write($1) }
    case (.doubles(let values), .float8Array): try writer.writeArray(values, of: OID.float8) { $0.write($1) }
    case (.floats(let values), .float4Array): try writer.writeArray(values, of: OID.float4) { $0.write($1) }
    case (.bytesArray(let values), .byteaArray):
      try writer.writeArray(values, of: OID.bytea) { $0.bytes.append(contentsOf: $1) }
    default:
      throw PostgresError(.usage(.typeMismatch), "a value cannot be sent as a column of the type \(type)")
    }
  }

  private func narrow<Narrow: FixedWidthInteger>(_ value: Int64) throws -> Narrow {
    guard let narrow = Narrow(exactly: value) else {
      throw PostgresError(
        .usage(.typeMismatch), "an integer does not fit into its column of \(Narrow.bitWidth) bits")
    }
    return narrow
  }

  /// pgvector's format: how many, two bytes without a meaning, the components.
  private func encodeVector(
    _ values: [Float], into writer: inout BinaryWriter, _ write: (inout BinaryWriter, Float) -> Void
  ) throws {
    guard let count = Int16(exactly: values.count) else {
      throw PostgresError(.usage(.typeMismatch), "a vector has more components than pgvector stores")
    }
    writer.write(count)
    writer.write(Int16(0))
    for value in values { write(&writer, value) }
  }
}

extension BinaryWriter {
  /// An array with one dimension and without NULLs.
  fileprivate mutating func writeArray<Element>(
    _ values: [Element], of type: UInt32, _ writeElement: (inout BinaryWriter, Element) throws -> Void
  ) throws {
    write(Int32(values.isEmpty ? 0 : 1))
    write(Int32(0))
    write(type)
    guard !values.isEmpty else { return }
    write(Int32(truncatingIfNeeded: values.count))
    write(Int32(1))
    for value in values {
      try writeWithLength { try writeElement(&$0, value) }
    }
  }
}

extension Date {
  /// PostgreSQL counts from the year 2000.
  private static let postgresEpoch = 946_684_800.0

  var postgresMicroseconds: Int64 {
    Int64(clamping: ((timeIntervalSince1970 - Self.postgresEpoch) * 1_000_000).rounded())
  }

  init(postgresMicroseconds: Int64) {
    self.init(timeIntervalSince1970: Double(postgresMicroseconds) / 1_000_000 + Self.postgresEpoch)
  }
}

extension Int64 {
  /// The nearest there is; not a number becomes zero.
  fileprivate init(clamping value: Double) {
    guard let exact = Int64(exactly: value) else {
      self = value.isNaN ? 0 : value < 0 ? .min : .max
      return
    }
    self = exact
  }
}
