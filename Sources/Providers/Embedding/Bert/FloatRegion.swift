/// Numbers that are written once and then only read, by any number of threads: a part of a mapped file, or memory of
/// their own.
struct FloatRegion: Sendable {
  /// Held as integers and an owner that keeps the memory alive, because pointers are not `Sendable`. It is safe: after
  /// `init` nobody writes.
  private let address: UInt
  let count: Int
  private let owner: any Sendable & AnyObject

  /// - Parameter mapped: the address of aligned memory that lives as long as `owner`.
  init(mapped address: UInt, count: Int, owner: any Sendable & AnyObject) {
    self.address = address
    self.count = count
    self.owner = owner
  }

  init(count: Int, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void) {
    let memory = OwnedMemory(count: count)
    fill(memory.numbers)
    self.init(mapped: memory.address, count: count, owner: memory)
  }

  init(joining regions: [FloatRegion], scalingFirstBy scale: Float) {
    self.init(count: regions.reduce(0) { $0 + $1.count }) { numbers in
      var begin = 0
      for region in regions {
        let part = UnsafeMutableBufferPointer(rebasing: numbers[begin..<(begin + region.count)])
        _ = part.update(from: UnsafeBufferPointer(start: region.start, count: region.count))
        begin += region.count
      }
      for index in 0..<(regions.first?.count ?? 0) { numbers[index] *= scale }
    }
  }

  /// Valid for as long as this value is.
  var start: UnsafePointer<Float> {
    guard let start = UnsafePointer<Float>(bitPattern: address) else { preconditionFailure("no memory") }
    return start
  }

  private final class OwnedMemory: Sendable {
    let address: UInt
    let count: Int

    init(count: Int) {
      let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
      _ = memory.initializeMemory(as: Float.self, repeating: 0, count: count)
      address = UInt(bitPattern: memory)
      self.count = count
    }

    deinit { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }

    var numbers: UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(start: UnsafeMutablePointer(bitPattern: address), count: count)
    }
  }
}
