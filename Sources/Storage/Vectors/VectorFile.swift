import CKernels
import Foundation

/// Vectors in a file, mapped into memory.
///
/// Such a file repeats what the database holds, so that a start need not read it all from there, and so that the system can
/// give up the memory. It is written once under another name and then renamed: it is there as a whole or not at all. It may
/// be deleted at any time, also while it is mapped.
///
/// Unchecked, because of the pointers: the mapping is private and read-only, no one writes to it, and it ends with the
/// last reference.
final class VectorFile: @unchecked Sendable {
  let dimension: Int
  let sequences: [Int64]
  let rows: UnsafeBufferPointer<Float>
  private let mapping: UnsafeRawBufferPointer

  private static let magic = Array("RILLVEC1".utf8)
  private static let headerSize = 64
  /// Far above any dimension and number of vectors; it keeps damaged ones from overflowing.
  private static let maximumCount = 1 << 24

  /// - Returns: `nil` when the file cannot be read or is no such file. What its vectors are is not looked at.
  init?(url: URL) {
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, let size = Int(exactly: status.st_size), size >= Self.headerSize
    else { return nil }
    let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else { return nil }
    let mapping = UnsafeRawBufferPointer(start: address, count: size)
    let dimension = Int(mapping.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    let count = Int(mapping.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
    let start = Self.headerSize + Self.padded(count * 8)
    guard mapping.starts(with: Self.magic), (1...Self.maximumCount).contains(dimension),
      (1...Self.maximumCount).contains(count),
      size == start + count * dimension * 4
    else {
      munmap(address, size)
      return nil
    }
    self.mapping = mapping
    self.dimension = dimension
    sequences = (0..<count).map {
      mapping.loadUnaligned(fromByteOffset: Self.headerSize + 8 * $0, as: Int64.self)
    }
    rows = UnsafeRawBufferPointer(rebasing: mapping[start...]).bindMemory(to: Float.self)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: mapping.baseAddress), mapping.count)
  }

  func fingerprint(row: Int) -> Int64 {
    VectorBytes.fingerprint(UnsafeBufferPointer(rebasing: rows[(row * dimension)..<((row + 1) * dimension)]))
  }

  /// - Throws: what the file system throws; nothing is left behind then.
  static func write(_ block: VectorBlock, to url: URL) throws {
    var head = Data(magic)
    withUnsafeBytes(of: UInt32(block.dimension)) { head.append(contentsOf: $0) }
    withUnsafeBytes(of: UInt32(block.count)) { head.append(contentsOf: $0) }
    head.append(Data(count: headerSize - head.count))
    block.sequences.withUnsafeBytes { head.append(contentsOf: $0) }
    head.append(Data(count: padded(block.count * 8) - block.count * 8))
    let temporary = url.appendingPathExtension("\(getpid()).new")
    do {
      try block.values.withRows { rows in
        // Not one piece with the head: that would copy megabytes.
        try head.write(to: temporary)
        let handle = try FileHandle(forWritingTo: temporary)
        defer { try? handle.close() }
        try handle.seekToEnd()
        let bytes = UnsafeRawBufferPointer(rows)
        if let start = bytes.baseAddress {
          try handle.write(
            contentsOf: Data(
              bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count, deallocator: .none))
        }
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: temporary.path)
      guard rename(temporary.path, url.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    } catch {
      try? FileManager.default.removeItem(at: temporary)
      throw error
    }
  }

  /// Rows begin at a multiple of 64 bytes, the width of the widest registers.
  private static func padded(_ count: Int) -> Int { (count + 63) / 64 * 64 }
}

/// Vectors as they stand in the database: 32-bit floats, little-endian.
enum VectorBytes {
  static func fingerprint(_ vector: UnsafeBufferPointer<Float>) -> Int64 {
    Int64(bitPattern: rill_fingerprint(vector.baseAddress, vector.count * MemoryLayout<Float>.stride))
  }

  static func data(_ vector: [Float]) -> Data { vector.withUnsafeBytes { Data($0) } }

  static func vector(_ data: Data, dimension: Int) throws -> [Float] {
    guard data.count == dimension * MemoryLayout<Float>.stride else {
      throw StoredValues.unreadable("vector")
    }
    return [Float](unsafeUninitializedCapacity: dimension) { buffer, count in
      data.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
      count = dimension
    }
  }
}
