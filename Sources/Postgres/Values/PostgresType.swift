/// A column's type, where the protocol does not tell it: in COPY, and for the NULLs of a known type.
public enum PostgresType: Sendable, Hashable, CaseIterable {
  case bool, int2, int4, int8, float4, float8, text, bytea, uuid, json, jsonb, timestamptz
  case textArray, int8Array, uuidArray, float4Array, float8Array, byteaArray
  /// pgvector's types.
  case vector, halfvec

  /// The server's number of the type; `nil` for an extension's, which differ from database to database.
  var oid: UInt32? {
    switch self {
    case .bool: OID.bool
    case .int2: OID.int2
    case .int4: OID.int4
    case .int8: OID.int8
    case .float4: OID.float4
    case .float8: OID.float8
    case .text: OID.text
    case .bytea: OID.bytea
    case .uuid: OID.uuid
    case .json: OID.json
    case .jsonb: OID.jsonb
    case .timestamptz: OID.timestamptz
    case .textArray: OID.textArray
    case .int8Array: OID.int8Array
    case .uuidArray: OID.uuidArray
    case .float4Array: OID.float4Array
    case .float8Array: OID.float8Array
    case .byteaArray: OID.byteaArray
    case .vector, .halfvec: nil
    }
  }
}

/// The server's numbers of its own types. They are the same in every database.
enum OID {
  static let bool: UInt32 = 16
  static let bytea: UInt32 = 17
  static let char: UInt32 = 18
  static let name: UInt32 = 19
  static let int8: UInt32 = 20
  static let int2: UInt32 = 21
  static let int4: UInt32 = 23
  static let text: UInt32 = 25
  static let oid: UInt32 = 26
  static let json: UInt32 = 114
  static let xml: UInt32 = 142
  static let float4: UInt32 = 700
  static let float8: UInt32 = 701
  static let unknown: UInt32 = 705
  static let byteaArray: UInt32 = 1001
  static let nameArray: UInt32 = 1003
  static let int2Array: UInt32 = 1005
  static let int4Array: UInt32 = 1007
  static let textArray: UInt32 = 1009
  static let varcharArray: UInt32 = 1015
  static let int8Array: UInt32 = 1016
  static let float4Array: UInt32 = 1021
  static let float8Array: UInt32 = 1022
  static let bpchar: UInt32 = 1042
  static let varchar: UInt32 = 1043
  static let date: UInt32 = 1082
  static let timestamp: UInt32 = 1114
  static let timestamptz: UInt32 = 1184
  static let numeric: UInt32 = 1700
  static let uuid: UInt32 = 2950
  static let uuidArray: UInt32 = 2951
  static let jsonb: UInt32 = 3802
  /// Types of extensions and of users (enumerations, domains' bases are their own) begin here.
  static let firstOfUsers: UInt32 = 16384
}
