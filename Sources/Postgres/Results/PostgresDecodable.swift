public import Foundation

/// A type that a column's value can be asked for as.
///
/// `Bool`, the integers, `Float`, `Double`, `String`, `Data`, `UUID`, `Date`, arrays of them, and optionals of all these.
/// Integers are also read from `numeric` (what `sum` gives), floating-point numbers from every number, texts from every type that
/// is text on the wire (JSON, names, enumerations), `[Float]` also from pgvector's `vector` and `halfvec`.
public protocol PostgresDecodable: Sendable {
  /// - Throws: ``PostgresError`` of the kind `decoding`.
  init(cell: PostgresCell) throws
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
  public init(cell: PostgresCell) throws {
    self = cell.bytes == nil ? nil : try Wrapped(cell: cell)
  }
}

extension Bool: PostgresDecodable {
  public init(cell: PostgresCell) throws {
    var reader = try cell.notNull()
    guard cell.type == OID.bool else { throw cell.mismatch(Bool.self) }
    self = try reader.read(UInt8.self) != 0
  }
}

extension Int: PostgresDecodable {
  public init(cell: PostgresCell) throws { self = try cell.integer() }
}

extension Int64: PostgresDecodable {
  public init(cell: PostgresCell) throws { self = try cell.integer() }
}

extension Int32: PostgresDecodable {
  public init(cell: PostgresCell) throws { self = try cell.integer() }
}

extension Int16: PostgresDecodable {
  public init(cell: PostgresCell) throws { self = try cell.integer() }
}

extension Double: PostgresDecodable {
  public init(cell: PostgresCell) throws {
    var reader = try cell.notNull()
    switch cell.type {
    case OID.float8: self = Double(bitPattern: try reader.read())
    case OID.float4: self = Double(Float(bitPattern: try reader.read()))
    case OID.numeric: self = try Numeric(&reader).double
    default: self = Double(try cell.integer() as Int64)
    }
  }
}

extension Float: PostgresDecodable {
  public init(cell: PostgresCell) throws { self = Float(try Double(cell: cell)) }
}

extension String: PostgresDecodable {
  public init(cell: PostgresCell) throws {
    var reader = try cell.notNull()
    switch cell.type {
    case OID.text, OID.varchar, OID.bpchar, OID.name, OID.json, OID.xml, OID.char, OID.unknown: break
    case OID.jsonb: _ = try reader.read(UInt8.self)  // The version of the format.
    case OID.firstOfUsers...: break
    default: throw cell.mismatch(String.self)
    }
    guard let text = String(validating: reader.rest, as: UTF8.self) else { throw cell.mismatch(String.self) }
    self = text
  }
}

extension Data: PostgresDecodable {
  public init(cell: PostgresCell) throws {
    let reader = try cell.notNull()
    guard cell.type == OID.bytea else { throw cell.mismatch(Data.self) }
    self.init(reader.rest)
  }
}

extension UUID: PostgresDecodable {
  public init(cell: PostgresCell) throws {
    var reader = try cell.notNull()
    guard cell.type == OID.uuid else { throw cell.mismatch(UUID.self) }
    self.init(uuid: try reader.take(MemoryLayout<uuid_t>.size).loadUnaligned(as: uuid_t.self))
  }
}

extension Date: PostgresDecodable {
  /// A `timestamp` without a zone is taken for UTC.
  public init(cell: PostgresCell) throws {
    var reader = try cell.notNull()
    switch cell.type {
    case OID.timestamptz, OID.timestamp: self.init(postgresMicroseconds: try reader.read())
    case OID.date:
      let days = Int64(try reader.read(Int32.self))
      self.init(postgresMicroseconds: days * 86_400_000_000)
    default: throw cell.mismatch(Date.self)
    }
  }
}

extension PostgresCell {
  /// - Throws: ``PostgresError`` of the kind `decoding`, also when the number does not fit.
  func integer<Value: FixedWidthInteger>() throws -> Value {
    var reader = try notNull()
    let wide: Int64? =
      switch type {
      case OID.int8: try reader.read(Int64.self)
      case OID.int4: Int64(try reader.read(Int32.self))
      case OID.int2: Int64(try reader.read(Int16.self))
      case OID.oid: Int64(try reader.read(UInt32.self))
      case OID.numeric: try Numeric(&reader).integer
      default: nil
      }
    guard let value = wide.flatMap({ Value(exactly: $0) }) else { throw mismatch(Value.self) }
    return value
  }
}
