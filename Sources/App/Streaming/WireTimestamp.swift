import Foundation

/// Writes times as the wire has them: RFC 3339, UTC, milliseconds.
enum WireTimestamp {
  /// Bytes of one.
  static let length = 24
  /// The years 0 to 9999, which four digits can tell.
  private static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

  /// - Parameter milliseconds: since 1970-01-01T00:00:00Z.
  static func string(milliseconds: Int64) -> String {
    String(unsafeUninitializedCapacity: length) { memory in
      if let address = memory.baseAddress { write(milliseconds: milliseconds, to: address) }
      return length
    }
  }

  /// - Parameter memory: for ``length`` bytes.
  static func write(milliseconds: Int64, to memory: UnsafeMutablePointer<UInt8>) {
    let milliseconds = min(max(milliseconds, range.lowerBound), range.upperBound)
    let (days, millisecondOfDay) = milliseconds.quotientAndRemainder(flooringBy: 86_400_000)
    let (year, month, day) = civil(daysSinceEpoch: days)
    write(year, width: 4, then: "-", to: memory)
    write(month, width: 2, then: "-", to: memory + 5)
    write(day, width: 2, then: "T", to: memory + 8)
    write(millisecondOfDay / 3_600_000, width: 2, then: ":", to: memory + 11)
    write(millisecondOfDay / 60_000 % 60, width: 2, then: ":", to: memory + 14)
    write(millisecondOfDay / 1_000 % 60, width: 2, then: ".", to: memory + 17)
    write(millisecondOfDay % 1_000, width: 3, then: "Z", to: memory + 20)
  }

  static func string(_ date: Date) -> String {
    string(milliseconds: date.millisecondsSinceEpoch)
  }

  /// The proleptic Gregorian calendar, after Howard Hinnant's `civil_from_days`
  /// (https://howardhinnant.github.io/date_algorithms.html): a formatter would cost more than the event itself.
  private static func civil(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = daysSinceEpoch + 719_468
    let (era, dayOfEra) = shifted.quotientAndRemainder(flooringBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func write(
    _ value: Int64, width: Int, then mark: Unicode.Scalar, to memory: UnsafeMutablePointer<UInt8>
  ) {
    var rest = value
    for index in (0..<width).reversed() {
      memory[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    memory[width] = UInt8(ascii: mark)
  }
}

extension Int64 {
  fileprivate func quotientAndRemainder(flooringBy divisor: Int64) -> (Int64, Int64) {
    let quotient = self >= 0 ? self / divisor : (self - divisor + 1) / divisor
    return (quotient, self - quotient * divisor)
  }
}

extension Date {
  /// Whole milliseconds since 1970, as they stand on the wire.
  var millisecondsSinceEpoch: Int64 { Int64((timeIntervalSince1970 * 1_000).rounded(.down)) }
}
