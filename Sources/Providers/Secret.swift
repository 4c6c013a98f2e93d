/// A key that cannot be printed by accident: only ``reveal()`` gives it back.
public struct Secret: Sendable, Hashable {
  private let value: String

  public init(_ value: String) {
    self.value = value
  }

  /// The key itself, for the one header that needs it.
  public func reveal() -> String { value }

  /// Whether there is nothing to keep secret.
  public var isEmpty: Bool { value.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "[hidden]" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
