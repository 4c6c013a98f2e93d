import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file of named tensors, mapped into memory: the pages that are read are shared by every process that reads them.
///
/// The format: eight bytes with the length of a header, the header (JSON: name → type, shape, begin and end of the data),
/// then the data. Source: https://github.com/huggingface/safetensors, "Format". Everything that the header says is
/// checked against the file before it is used.
final class SafetensorsFile: Sendable {
  /// How the numbers of a tensor are stored. Others exist; an encoder's weights do not use them.
  enum Element: String, Sendable {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"

    var byteCount: Int { self == .float32 ? 4 : 2 }
  }

  struct Tensor: Sendable {
    let element: Element
    let shape: [Int]
    /// Where its numbers stand in the file.
    let bytes: Range<Int>

    var count: Int { bytes.count / element.byteCount }
  }

  /// The file does not hold what its format promises; a sentence says what is wrong.
  struct Damage: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }

  /// The longest header that is read, in bytes; the reference implementation has the same limit.
  private static let headerLimit = 100 << 20

  let tensors: [String: Tensor]
  let byteCount: Int
  /// When the file was last written to, and last changed in any way: seconds and nanoseconds.
  let changes: [UInt64]
  /// Sendable as an integer: the mapping is never written to, and lives as long as this object.
  private let address: UInt

  /// - Throws: ``Damage``, or what the file system reported.
  init(contentsOf url: URL) throws {
    let (mapping, changes) = try Self.map(url)
    do {
      let bytes = UnsafeRawBufferPointer(mapping)
      tensors = try Self.readHeader(bytes)
    } catch {
      munmap(mapping.baseAddress, mapping.count)
      throw error
    }
    byteCount = mapping.count
    self.changes = changes
    address = UInt(bitPattern: mapping.baseAddress)
  }

  deinit { munmap(UnsafeMutableRawPointer(bitPattern: address), byteCount) }

  /// The whole file; valid for as long as this object is.
  var contents: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: byteCount)
  }

  /// A tensor of the shape that its reader needs.
  /// - Throws: ``Damage`` when it is missing or has another shape.
  func tensor(_ name: String, shape: [Int]) throws -> Tensor {
    guard let tensor = tensors[name] else { throw Damage("It has no tensor “\(name)”.") }
    guard tensor.shape == shape else {
      throw Damage("Its tensor “\(name)” has the shape \(tensor.shape), not \(shape).")
    }
    return tensor
  }

  private static func map(
    _ url: URL
  ) throws -> (bytes: UnsafeMutableRawBufferPointer, changes: [UInt64]) {
    let file = open(url.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Damage("It cannot be opened: \(String(cString: strerror(errno))).") }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_size > 8 else { throw Damage("It is empty.") }
    let count = Int(status.st_size)
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED else {
      throw Damage("It cannot be mapped into memory: \(String(cString: strerror(errno))).")
    }
    return (UnsafeMutableRawBufferPointer(start: start, count: count), changes(status))
  }

  private static func changes(_ status: stat) -> [UInt64] {
    #if canImport(Darwin)
      let times = [status.st_mtimespec, status.st_ctimespec]
    #else
      let times = [status.st_mtim, status.st_ctim]
    #endif
    return times.flatMap { [UInt64(bitPattern: Int64($0.tv_sec)), UInt64(bitPattern: Int64($0.tv_nsec))] }
  }

  private static func readHeader(_ file: UnsafeRawBufferPointer) throws -> [String: Tensor] {
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(min(headerLimit, file.count - 8)) else {
      throw Damage(
        "Its header is longer than the file: the file is cut off, or it is not a safetensors file.")
    }
    let start = 8 + Int(length)
    var tensors: [String: Tensor] = [:]
    do {
      var cursor = JSONCursor(UnsafeRawBufferPointer(rebasing: file[8..<start]))
      try cursor.readObject { cursor, key in
        let name = try key.text()
        guard name != "__metadata__" else { return try cursor.skip() }
        tensors[name] = try readTensor(&cursor, name: name, data: start..<file.count)
      }
      try cursor.expectEnd()
    } catch is JSONCursorError {
      throw Damage("Its header is not JSON.")
    }
    return tensors
  }

  /// - Parameter data: the part of the file that the offsets count from.
  /// - Returns: `nil` for a tensor of a type that no weights have.
  private static func readTensor(
    _ cursor: inout JSONCursor, name: String, data: Range<Int>
  ) throws -> Tensor? {
    var element: String?
    var shape: [Int] = []
    var offsets: [Int] = []
    try cursor.readObject { cursor, key in
      switch key {
      case "dtype": element = try cursor.readString()
      case "shape": shape = try readCounts(&cursor)
      case "data_offsets": offsets = try readCounts(&cursor)
      default: try cursor.skip()
      }
    }
    guard let element = element.flatMap(Element.init) else { return nil }
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= data.count else {
      throw Damage("Its tensor “\(name)” lies outside of the file: the file is cut off.")
    }
    var size = element.byteCount
    for count in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: count)
      guard !overflow else { throw Damage("Its tensor “\(name)” has an impossible shape.") }
      size = product
    }
    guard size == offsets[1] - offsets[0] else {
      throw Damage("Its tensor “\(name)” has a shape that does not fit its data.")
    }
    return Tensor(
      element: element, shape: shape,
      bytes: (data.lowerBound + offsets[0])..<(data.lowerBound + offsets[1]))
  }

  private static func readCounts(_ cursor: inout JSONCursor) throws -> [Int] {
    var counts: [Int] = []
    try cursor.readArray { cursor, _ in
      guard let count = try cursor.readInt(), count >= 0 else { throw JSONCursorError() }
      counts.append(count)
    }
    return counts
  }
}
