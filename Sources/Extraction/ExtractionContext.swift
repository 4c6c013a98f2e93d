import Foundation

/// What one reading of a file may still cost, and whom it tells how far it is. Used by one thread.
final class ExtractionContext {
  let limits: ExtractionLimits
  private let now: () -> ContinuousClock.Instant
  private let deadline: ContinuousClock.Instant
  private let report: (ExtractionProgress) throws -> Void
  private(set) var progress: ExtractionProgress?
  private var callsUntilLook = 0

  init(
    limits: ExtractionLimits, now: @escaping () -> ContinuousClock.Instant = { ContinuousClock.now },
    report: @escaping (ExtractionProgress) throws -> Void = { _ in }
  ) {
    self.limits = limits
    self.now = now
    self.report = report
    deadline = now().advanced(by: limits.duration)
  }

  /// Time that is left; never negative.
  var timeLeft: Duration { max(.zero, now().duration(to: deadline)) }

  /// Looks at the clock every few thousand calls, so that it may stand in the innermost loops.
  @inline(__always)
  func checkOften() throws(ExtractionError) {
    callsUntilLook -= 1
    if callsUntilLook < 0 {
      callsUntilLook = 4_096
      try check()
    }
  }

  /// - Throws: `.tooSlow` when the time is used up; `.cancelled`.
  func check() throws(ExtractionError) {
    guard timeLeft > .zero else { throw .tooSlow(limits) }
    if let progress { try tell(progress) }
  }

  func advance(to progress: ExtractionProgress) throws(ExtractionError) {
    self.progress = progress
    try check()
  }

  private func tell(_ progress: ExtractionProgress) throws(ExtractionError) {
    do {
      try report(progress)
    } catch {
      throw ExtractionError(.cancelled, "Reading the file was stopped.")
    }
  }
}

extension ExtractionError {
  static func tooSlow(_ limits: ExtractionLimits) -> ExtractionError {
    let seconds = limits.duration.components.seconds
    let time = seconds >= 120 ? "\(seconds / 60) minutes" : "\(seconds) seconds"
    return ExtractionError(
      .tooSlow, "Reading the file took longer than \(time). Split it into smaller files and add those.")
  }

  static func tooLarge(_ limit: Int) -> ExtractionError {
    ExtractionError(
      .tooLarge,
      "The file is larger than \(megabytes(limit)), the most that is read of this kind. "
        + "Split it into smaller files and add those.")
  }

  static func tooMuchText(_ limits: ExtractionLimits) -> ExtractionError {
    ExtractionError(
      .tooLarge,
      "The file holds more than \(megabytes(limits.extractedBytes)) of text. "
        + "Split it into smaller files and add those.")
  }

  static var noText: ExtractionError {
    ExtractionError(.noText, "The file holds no text. There is nothing in it to find or cite.")
  }

  static func damaged(_ what: String) -> ExtractionError {
    ExtractionError(.damaged, "\(what) Open it with the program that made it and save it again.")
  }

  static func megabytes(_ bytes: Int) -> String {
    bytes >= 1_000_000 ? "\(bytes / 1_000_000) MB" : "\(bytes) bytes"
  }
}
