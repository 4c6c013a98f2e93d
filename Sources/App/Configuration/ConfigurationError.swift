/// A setting that Rill cannot start with.
struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The key as it is called in the environment.
  var key: String
  /// What is wrong with it and what to do. It never repeats a secret value.
  var message: String

  var description: String { "\(key): \(message)" }
}
