import Foundation

/// A decimal number as the server sends it: digits to the base of 10,000.
struct Numeric {
  private let digits: [Int16]
  /// The power of 10,000 of the first digit.
  private let weight: Int
  private let sign: UInt16

  private static let negative: UInt16 = 0x4000
  private static let notANumber: UInt16 = 0xc000
  private static let infinity: UInt16 = 0xd000
  private static let negativeInfinity: UInt16 = 0xf000

  init(_ reader: inout BinaryReader) throws {
    let count = Int(try reader.read(Int16.self))
    weight = Int(try reader.read(Int16.self))
    sign = try reader.read()
    _ = try reader.read(Int16.self)  // How many decimals are shown.
    var digits: [Int16] = []
    for _ in 0..<max(0, count) { digits.append(try reader.read()) }
    self.digits = digits
  }

  /// `nil` when it has a fraction or does not fit.
  var integer: Int64? {
    guard sign == 0 || sign == Self.negative, digits.dropFirst(max(0, weight + 1)).allSatisfy({ $0 == 0 })
    else {
      return nil
    }
    var value: Int64 = 0
    for index in 0..<max(0, weight + 1) {
      let digit = index < digits.count ? Int64(digits[index]) : 0
      let (product, overflows) = value.multipliedReportingOverflow(by: 10_000)
      let (sum, overflowsToo) = product.addingReportingOverflow(sign == 0 ? digit : -digit)
      if overflows || overflowsToo { return nil }
      value = sum
    }
    return value
  }

  var double: Double {
    switch sign {
    case Self.notANumber: return .nan
    case Self.infinity: return .infinity
    case Self.negativeInfinity: return -.infinity
    default: break
    }
    // The text is read to the nearest number, which sums of rounded products are not.
    let text = digits.map { String(format: "%04d", Int($0)) }.joined()
    let exponent = (weight + 1 - digits.count) * 4
    let magnitude = Double("\(text.isEmpty ? "0" : text)e\(exponent)") ?? .nan
    return sign == Self.negative ? -magnitude : magnitude
  }
}
