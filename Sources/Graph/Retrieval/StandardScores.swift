/// Brings numbers of different scales together: how many standard deviations each lies above the mean of its kind.
///
/// Unlike a scaling to 0…1 it does not hang on the single best and worst value, and a list whose scores hardly differ
/// gains no weight from the little that they do.
public enum StandardScores {
  /// - Returns: zeros when all values are the same.
  public static func of(_ values: [Double]) -> [Double] {
    let scale = StandardScale(values)
    return values.map(scale.score)
  }
}

/// The mean and the deviation that standard scores are counted in.
struct StandardScale: Sendable, Hashable {
  let mean: Double
  let deviation: Double

  /// - Parameter count: how many values there are in truth; those that are not listed are zero.
  init(_ values: [Double], count: Int = 0) {
    let count = Double(max(count, values.count, 1))
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let unlisted = (count - Double(values.count)) * mean * mean
    self.mean = mean
    deviation = ((squares + unlisted) / count).squareRoot()
  }

  func score(_ value: Double) -> Double {
    // Rounding leaves a tiny deviation when all values are the same.
    deviation > 1e-9 * max(1, abs(mean)) ? (value - mean) / deviation : 0
  }
}
