import Foundation

extension Array: PostgresDecodable where Element: PostgresDecodable {
  /// An array with one dimension. NULLs in it need an optional element.
  public init(cell: PostgresCell) throws {
    var reader = try cell.notNull()
    // An extension's arrays cannot be told from its other types, so that only their elements' numbers are.
    if cell.type >= OID.firstOfUsers, let floats = try Self.vector(reader, cell) {
      self = floats
      return
    }
    let dimensions = try reader.read(Int32.self)
    _ = try reader.read(Int32.self)  // Whether there are NULLs.
    let elementType = try reader.read(UInt32.self)
    guard dimensions > 0 else {
      self = []
      return
    }
    guard dimensions == 1 else { throw cell.mismatch(Self.self) }
    let count = Int(try reader.read(Int32.self))
    _ = try reader.read(Int32.self)  // The index of the first element.
    guard count >= 0, count <= reader.rest.count / 4 else { throw cell.mismatch(Self.self) }
    self.init()
    reserveCapacity(count)
    for _ in 0..<count {
      let length = try reader.read(Int32.self)
      let bytes = length < 0 ? nil : try reader.take(Int(length))
      append(try Element(cell: PostgresCell(bytes: bytes, type: elementType, column: cell.column)))
    }
  }

  /// pgvector's `vector` and `halfvec`; `nil` when the bytes are none or something else than `[Float]` is asked for.
  private static func vector(_ reader: BinaryReader, _ cell: PostgresCell) throws -> Self? {
    guard Element.self == Float.self else { return nil }
    var reader = reader
    let count = Int(try reader.read(Int16.self))
    let unused = try reader.read(Int16.self)
    guard count > 0, unused == 0 else { return nil }
    var floats: [Float] = []
    floats.reserveCapacity(count)
    switch reader.rest.count {
    case count * 4: for _ in 0..<count { floats.append(Float(bitPattern: try reader.read())) }
    case count * 2: for _ in 0..<count { floats.append(HalfPrecision.value(of: try reader.read())) }
    default: return nil
    }
    return floats as? Self
  }
}
