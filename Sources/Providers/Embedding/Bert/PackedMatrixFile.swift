internal import CKernels
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The matrices of an encoder in the order in which `rill_matrix_multiply` reads them, in a file that is mapped.
///
/// Such a file repeats what the model's own file holds, so that a start need not rearrange it. It is written once under
/// another name and then renamed, and never changed: it is there as a whole or not at all, and a mapping of it stays
/// whole. It may be deleted at any time. Whether it is to be believed is decided here: its first words say what it was
/// made of and for, and a checksum covers the rest.
final class PackedMatrixFile: Sendable {
  /// What the matrices were made of, and for which kernel: the words that a file begins with.
  struct Identity: Sendable, Hashable {
    fileprivate let words: [UInt64]

    /// - Parameters:
    ///   - panel: how many columns the kernel reads together. The order depends on nothing else.
    ///   - source: whatever tells the model's file, in the state in which it was read, from others.
    init(panel: Int = rill_matrix_panel(), configuration: BertConfiguration, source: [UInt64]) {
      let sizes = [
        panel, configuration.width, configuration.innerWidth, configuration.layers, configuration.heads,
      ]
      words = sizes.map { UInt64($0) } + source
    }
  }

  /// Changes whenever a file of the last Rill would be misread.
  private static let magic = UInt64(littleEndian: 0x3154_414D_4C4C_4952)  // RILLMAT1
  /// Matrices begin at a multiple of 64 bytes, the width of the widest registers.
  private static let alignment = 64
  /// The matrices begin at a page of the file.
  private static let headerSize = 4_096

  /// In the order in which they were written.
  var matrices: [FloatRegion] {
    Self.ranges(counts).map { range in
      FloatRegion(mapped: address + UInt(range.lowerBound), count: range.count / 4, owner: self)
    }
  }

  private let counts: [Int]
  private let byteCount: Int
  /// Sendable as an integer: the mapping is private and read-only, and lives as long as this object.
  private let address: UInt

  /// Maps a file and makes the checksum of all of it, which takes 7 ms for 42 MB. A sample would be quicker and miss
  /// damage that makes wrong vectors, and the first question would wait for the pages that now are there already;
  /// `MAP_POPULATE` brings them no sooner.
  ///
  /// - Parameter counts: how many numbers each matrix has.
  /// - Returns: `nil` when there is no such file, or it is not whole, or of other matrices.
  init?(url: URL, identity: Identity, counts: [Int]) {
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    let size = Self.ranges(counts).last?.upperBound ?? Self.headerSize
    guard fstat(descriptor, &status) == 0, Int(exactly: status.st_size) == size,
      let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { return nil }
    self.counts = counts
    byteCount = size
    address = UInt(bitPattern: start)
    let header = Self.header(identity, checksum: Self.checksum(matrices))
    guard UnsafeRawBufferPointer(start: start, count: Self.headerSize).elementsEqual(header) else {
      return nil
    }
  }

  deinit { munmap(UnsafeMutableRawPointer(bitPattern: address), byteCount) }

  /// - Throws: what the file system reported; nothing is left behind then.
  static func write(_ matrices: [FloatRegion], identity: Identity, to url: URL) throws {
    let temporary = url.appendingPathExtension("\(getpid()).new")
    // The file is private, as everything in the data folder. Nothing waits for the disk: the checksum finds a file that
    // a power cut has left half written.
    let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
    do {
      defer { close(descriptor) }
      try header(identity, checksum: checksum(matrices)).withUnsafeBytes {
        try writeAll($0, to: descriptor, at: 0)
      }
      for (matrix, range) in zip(matrices, ranges(matrices.map(\.count))) {
        try writeAll(
          UnsafeRawBufferPointer(start: matrix.start, count: range.count), to: descriptor,
          at: range.lowerBound)
      }
      guard rename(temporary.path, url.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    } catch {
      unlink(temporary.path)
      throw error
    }
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let count = pwrite(
        descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw CocoaError(.fileWriteOutOfSpace) }
      done += count
    }
  }

  /// Where matrices stand in a file.
  private static func ranges(_ counts: [Int]) -> [Range<Int>] {
    var end = headerSize
    return counts.map { count in
      let begin = (end + alignment - 1) / alignment * alignment
      end = begin + count * 4
      return begin..<end
    }
  }

  private static func header(_ identity: Identity, checksum: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    for word in [magic, checksum, UInt64(identity.words.count)] + identity.words {
      withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
    }
    precondition(bytes.count <= headerSize, "the identity is a few words")
    return bytes + Array(repeating: 0, count: headerSize - bytes.count)
  }

  private static func checksum(_ matrices: [FloatRegion]) -> UInt64 {
    matrices.reduce(UInt64(matrices.count)) { sum, matrix in
      (sum ^ rill_fingerprint(matrix.start, matrix.count * 4)) &* 0x9E37_79B9_7F4A_7C15
    }
  }
}
