internal import CCurl
import Foundation

/// Reads how long a server asks to wait.
enum RetryAfter {
  /// - Parameters:
  ///   - head: of the response; `retry-after-ms` (milliseconds, OpenAI) wins over `retry-after` (seconds or
  ///     an HTTP date, RFC 9110 section 10.2.3).
  ///   - now: the time by which a date is measured.
  /// - Returns: `nil` when the header is missing or senseless; never negative, never above a day.
  static func duration(_ head: HTTPResponseHead, now: Date) -> Duration? {
    if let milliseconds = head["retry-after-ms"].flatMap(Double.init), milliseconds.isFinite {
      return bounded(seconds: milliseconds / 1000)
    }
    guard let value = head["retry-after"] else { return nil }
    if let seconds = Double(value) { return seconds.isFinite ? bounded(seconds: seconds) : nil }
    let date = curl_getdate(value, nil)
    guard date >= 0 else { return nil }
    return bounded(seconds: Double(date) - now.timeIntervalSince1970)
  }

  private static func bounded(seconds: Double) -> Duration {
    .milliseconds(Int((min(max(seconds, 0), 86_400) * 1000).rounded(.up)))
  }
}
