import Foundation
import Testing

@testable import Postgres

struct ValueTests {
  @Test("Literals and optionals become the values that they look like")
  func literals() {
    let values: [PostgresValue] = [nil, 1, 1.5, "x", true, "a\(1)"]
    #expect(values == [.null, .int(1), .double(1.5), .text("x"), .bool(true), .text("a1")])
    #expect(PostgresValue(nil as String?) == .typedNull(.text))
    #expect(PostgresValue(7 as Int?) == .int(7))
    #expect(PostgresValue([1, 2] as [Int]?) == .ints([1, 2]))
  }

  @Test("Numbers of 16 bits keep every value that they have")
  func halfPrecision() {
    for bits in 0...UInt16.max {
      let value = HalfPrecision.value(of: bits)
      if value.isNaN {
        #expect(HalfPrecision.value(of: HalfPrecision.bits(of: value)).isNaN)
      } else if HalfPrecision.bits(of: value) != bits {
        Issue.record("\(bits) became \(HalfPrecision.bits(of: value))")
      }
    }
    #expect(HalfPrecision.bits(of: 1) == 0x3c00)
    #expect(HalfPrecision.bits(of: 65504) == 0x7bff)
    #expect(HalfPrecision.bits(of: 65519) == 0x7bff)
    #expect(HalfPrecision.bits(of: 65520) == 0x7c00)
    // Halfway between two: to the even one.
    #expect(HalfPrecision.bits(of: 1 + 0x1p-11) == 0x3c00)
    #expect(HalfPrecision.bits(of: 1 + 3 * 0x1p-11) == 0x3c02)
    #expect(HalfPrecision.bits(of: 0x1p-25) == 0)
    #expect(HalfPrecision.bits(of: 0x1p-14 - 0x1p-26) == 0x0400)
  }

  @Test("The rows of a COPY are read however they are cut into pieces", arguments: 1...40)
  func copyPieces(size: Int) throws {
    var writer = CopyWriter(columns: [.int4, .text])
    for number in 0..<20 {
      try writer.write([.int(Int64(number)), number % 3 == 0 ? nil : .text("row \(number)")])
    }
    let bytes = writer.finish()
    var reader = CopyReader(columns: [.int4, .text])
    var read = 0
    for start in stride(from: 0, to: bytes.count, by: size) {
      reader.append(Array(bytes[start..<min(start + size, bytes.count)]))
      while let copied = try reader.next() {
        let row = PostgresRow(source: .copied(copied))
        #expect(try row[0] == read)
        #expect(try row[1] as String? == (read % 3 == 0 ? nil : "row \(read)"))
        read += 1
      }
    }
    #expect(read == 20)
  }

  @Test("Prepared statements make room in the order of their use")
  func leastRecentlyUsed() throws {
    var statements = PreparedStatements(limit: 2)
    let keys = try (0..<3).map {
      PreparedStatements.Key(try EncodedStatement(PostgresStatement("SELECT \($0)")))
    }
    for key in keys.prefix(2) { statements.insert(statements.makeName(), for: key) }
    #expect(statements.name(for: keys[0]) == "swift_1")
    statements.insert(statements.makeName(), for: keys[2])
    #expect(statements.name(for: keys[1]) == nil)
    #expect(statements.count == 2)
    #expect(statements.takeEvicted() == ["swift_2"])
    #expect(statements.takeEvicted() == [])
  }
}
