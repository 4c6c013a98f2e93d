/// How a node is run.
public struct NodePolicy: Sendable {
  /// How long one attempt may take; `nil` means as long as it likes.
  ///
  /// A node whose time is up is cancelled and awaited: one that ignores cancellation delays the error until it returns.
  public var timeout: Duration?
  /// Whether a failed attempt is repeated; `nil` means never.
  public var retry: RetryPolicy?

  public init(timeout: Duration? = nil, retry: RetryPolicy? = nil) {
    self.timeout = timeout
    self.retry = retry
  }
}

/// When and how often a failed node is run again.
public struct RetryPolicy: Sendable {
  /// Attempts in all, the first included.
  public var maxAttempts: Int
  public var backoff: Backoff
  /// Asked with what the node threw, or with a ``GraphError`` of code ``GraphError/Code/nodeTimedOut``. Not asked when
  /// the run itself was cancelled.
  public var isRetryable: @Sendable (any Error) -> Bool

  /// - Precondition: `maxAttempts` is at least 1.
  public init(
    maxAttempts: Int, backoff: Backoff = Backoff(),
    isRetryable: @escaping @Sendable (any Error) -> Bool = { !($0 is CancellationError) }
  ) {
    precondition(maxAttempts >= 1, "a node is tried at least once")
    self.maxAttempts = maxAttempts
    self.backoff = backoff
    self.isRetryable = isRetryable
  }

  /// Exponential backoff without jitter: initial, initial × multiplier, initial × multiplier², …, never above maximum.
  public struct Backoff: Sendable, Hashable {
    public var initial: Duration
    public var multiplier: Double
    public var maximum: Duration

    public init(
      initial: Duration = .milliseconds(200), multiplier: Double = 2, maximum: Duration = .seconds(10)
    ) {
      self.initial = initial
      self.multiplier = multiplier
      self.maximum = maximum
    }

    /// The pause after an attempt has failed.
    /// - Parameter attempt: the number of the failed attempt, from 1.
    public func delay(afterAttempt attempt: Int) -> Duration {
      var delay = initial
      for _ in 1..<max(attempt, 1) where delay < maximum {
        delay = delay * multiplier
      }
      return min(delay, maximum)
    }
  }
}
