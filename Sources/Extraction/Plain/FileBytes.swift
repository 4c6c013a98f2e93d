import Foundation

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Reads files as bytes. Pipes and devices, which could be read for ever, are refused.
enum FileBytes {
  /// - Returns: the first bytes of a file and its size.
  static func head(of url: URL, count: Int) throws(ExtractionError) -> (bytes: [UInt8], size: Int) {
    try open(url) { descriptor, size throws(ExtractionError) in
      (try bytes(of: descriptor, count: min(count, size)), size)
    }
  }

  /// - Throws: `.tooLarge`, `.unreadable`.
  static func all(of url: URL, limit: Int) throws(ExtractionError) -> [UInt8] {
    try open(url) { descriptor, size throws(ExtractionError) in
      guard size <= limit else { throw .tooLarge(limit) }
      return try bytes(of: descriptor, count: size)
    }
  }

  /// The last bytes of a file.
  static func tail(of url: URL, count: Int) throws(ExtractionError) -> [UInt8] {
    try open(url) { descriptor, size throws(ExtractionError) in
      lseek(descriptor, off_t(max(0, size - count)), SEEK_SET)
      return try bytes(of: descriptor, count: min(count, size))
    }
  }

  private static func open<Result>(
    _ url: URL, _ body: (CInt, Int) throws(ExtractionError) -> Result
  ) throws(ExtractionError) -> Result {
    // Opening a pipe that nobody writes to would wait.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK
    let descriptor = url.path.withCString { path in
      #if canImport(Darwin)
        Darwin.open(path, flags)
      #else
        Glibc.open(path, flags)
      #endif
    }
    guard descriptor >= 0 else { throw .unreadable }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .unreadable }
    return try body(descriptor, Int(status.st_size))
  }

  private static func bytes(of descriptor: CInt, count: Int) throws(ExtractionError) -> [UInt8] {
    var isComplete = true
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let size = read(descriptor, buffer.baseAddress?.advanced(by: filled), count - filled)
        if size < 0, errno == EINTR { continue }
        guard size >= 0 else { isComplete = false; return }
        guard size > 0 else { return }
        filled += size
      }
    }
    guard isComplete else { throw .unreadable }
    return bytes
  }
}

extension ExtractionError {
  static var unreadable: ExtractionError {
    ExtractionError(
      .unreadable,
      "The file cannot be opened. Check that it is there, that it is a file, and its permissions.")
  }
}
