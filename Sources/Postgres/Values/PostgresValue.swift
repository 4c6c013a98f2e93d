public import Foundation

/// A parameter of a statement, or a field of a row that is copied in.
///
/// A parameter is declared to the server with the type that belongs to its case, whatever the column's: `int` is
/// `int8`, `double` is `float8`, `floats` is `float4[]` and so on. The server converts it where it would convert a column
/// of that type: storing does ("int8 into an int4 column", "float4[] into a vector column"), comparing and calling need a
/// cast now and then (`$1::vector`, `$2::int`). Only `json` and a plain ``null`` take the type that the statement
/// expects in their place.
public enum PostgresValue: Sendable, Hashable {
  /// NULL of the type that the statement expects there. Where it expects none (`$1 IS NULL`), use ``typedNull(_:)``.
  case null
  /// NULL of a known type, which is what an optional without a value becomes.
  case typedNull(PostgresType)
  case bool(Bool)
  case int(Int64)
  case double(Double)
  /// Without the character U+0000, which PostgreSQL cannot store.
  case text(String)
  case bytes(Data)
  case uuid(UUID)
  /// A point in time, to the microsecond: `timestamptz`.
  case date(Date)
  /// JSON text; `json` or `jsonb`, as the statement expects.
  case json(String)
  case texts([String])
  case ints([Int64])
  case uuids([UUID])
  case doubles([Double])
  case floats([Float])
  case bytesArray([Data])
}

extension PostgresValue: ExpressibleByNilLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(stringLiteral value: String) { self = .text(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension PostgresValue {
  public init(_ value: Bool?) { self = value.map(Self.bool) ?? .typedNull(.bool) }
  public init(_ value: Int?) { self = value.map { .int(Int64($0)) } ?? .typedNull(.int8) }
  public init(_ value: Int32?) { self = value.map { .int(Int64($0)) } ?? .typedNull(.int8) }
  public init(_ value: Int64?) { self = value.map(Self.int) ?? .typedNull(.int8) }
  public init(_ value: Double?) { self = value.map(Self.double) ?? .typedNull(.float8) }
  public init(_ value: Float?) { self = value.map { .double(Double($0)) } ?? .typedNull(.float8) }
  public init(_ value: String?) { self = value.map(Self.text) ?? .typedNull(.text) }
  public init(_ value: Data?) { self = value.map(Self.bytes) ?? .typedNull(.bytea) }
  public init(_ value: UUID?) { self = value.map(Self.uuid) ?? .typedNull(.uuid) }
  public init(_ value: Date?) { self = value.map(Self.date) ?? .typedNull(.timestamptz) }
  public init(_ value: [String]?) { self = value.map(Self.texts) ?? .typedNull(.textArray) }
  public init(_ value: [Int]?) { self = value.map { .ints($0.map(Int64.init)) } ?? .typedNull(.int8Array) }
  public init(_ value: [Int64]?) { self = value.map(Self.ints) ?? .typedNull(.int8Array) }
  public init(_ value: [UUID]?) { self = value.map(Self.uuids) ?? .typedNull(.uuidArray) }
  public init(_ value: [Double]?) { self = value.map(Self.doubles) ?? .typedNull(.float8Array) }
  public init(_ value: [Float]?) { self = value.map(Self.floats) ?? .typedNull(.float4Array) }
  public init(_ value: [Data]?) { self = value.map(Self.bytesArray) ?? .typedNull(.byteaArray) }
}

extension PostgresValue {
  /// The type that a parameter is declared with; `nil` lets the server infer it.
  var parameterType: PostgresType? {
    switch self {
    case .null, .json: nil
    case .typedNull(let type): type
    case .bool: .bool
    case .int: .int8
    case .double: .float8
    case .text: .text
    case .bytes: .bytea
    case .uuid: .uuid
    case .date: .timestamptz
    case .texts: .textArray
    case .ints: .int8Array
    case .uuids: .uuidArray
    case .doubles: .float8Array
    case .floats: .float4Array
    case .bytesArray: .byteaArray
    }
  }

  var isNull: Bool {
    switch self {
    case .null, .typedNull: true
    default: false
    }
  }
}
