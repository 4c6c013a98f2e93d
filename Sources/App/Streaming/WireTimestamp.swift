import Foundation

/// Writes times as the wire has them: RFC 3339, UTC, milliseconds.
enum WireTimestamp {
  /// - Parameter milliseconds: since 1970-01-01T00:00:00Z.
  static func string(milliseconds: Int64) -> String {
    let (days, millisecondOfDay) = milliseconds.quotientAndRemainder(flooringBy: 86_400_000)
    let (year, month, day) = civil(daysSinceEpoch: days)
    var text = ""
    text.reserveCapacity(24)
    append(year, width: 4, to: &text)
    text += "-"
    append(month, width: 2, to: &text)
    text += "-"
    append(day, width: 2, to: &text)
    text += "T"
    append(millisecondOfDay / 3_600_000, width: 2, to: &text)
    text += ":"
    append(millisecondOfDay / 60_000 % 60, width: 2, to: &text)
    text += ":"
    append(millisecondOfDay / 1_000 % 60, width: 2, to: &text)
    text += "."
    append(millisecondOfDay % 1_000, width: 3, to: &text)
    text += "Z"
    return text
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

  private static func append(_ value: Int64, width: Int, to text: inout String) {
    let digits = String(value)
    for _ in 0..<max(0, width - digits.utf8.count) { text += "0" }
    text += digits
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
