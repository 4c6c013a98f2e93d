import Crypto
import Foundation
import Synchronization

/// A file that is being written and hashed in one go. It blocks: call it on the thread pool, from one task at a time.
final class OriginalWriter: Sendable {
  private struct State {
    /// -1 once it is closed.
    var descriptor: Int32
    var hasher = SHA256()
    var byteCount = 0
  }

  let url: URL
  private let limit: Int
  private let state: Mutex<State>

  /// - Throws: ``OriginalFileError``.
  init(in folder: URL, limit: Int) throws {
    url = folder.appending(path: "\(getpid())-\(UUID().wireString)")
    self.limit = limit
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw OriginalFileError(errno: errno) }
    state = Mutex(State(descriptor: descriptor))
  }

  deinit { discard() }

  var byteCount: Int { state.withLock { $0.byteCount } }

  func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws {
    try state.withLock { state in
      guard state.byteCount + bytes.count <= limit else { throw OriginalFileError.tooLarge(limit: limit) }
      var rest = bytes[...]
      while !rest.isEmpty {
        let slice = UnsafeRawBufferPointer(rebasing: rest)
        let count = Foundation.write(state.descriptor, slice.baseAddress, slice.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw OriginalFileError(errno: count == 0 ? EIO : errno) }
        rest = rest.dropFirst(count)
      }
      state.hasher.update(bufferPointer: bytes)
      state.byteCount += bytes.count
    }
  }

  /// Writes everything that is in a file.
  func copy(_ file: URL) throws {
    // A pipe in the place of a file would be waited for without end.
    let source = open(file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard source >= 0 else { throw OriginalFileError.unreadable }
    defer { Foundation.close(source) }
    var status = stat()
    guard fstat(source, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw OriginalFileError.unreadable
    }
    try withUnsafeTemporaryAllocation(byteCount: 256 * 1_024, alignment: 16) { buffer in
      while true {
        let count = read(source, buffer.baseAddress, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw OriginalFileError.unreadable }
        guard count > 0 else { return }
        try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }

  /// Flushes the file to the disk.
  func close() throws -> StoredOriginal {
    try state.withLock { state in
      let result = fsync(state.descriptor)
      let code = errno
      Foundation.close(state.descriptor)
      state.descriptor = -1
      guard result == 0 else { throw OriginalFileError(errno: code) }
      return StoredOriginal(contentHash: state.hasher.finalize().hexadecimal, byteCount: state.byteCount)
    }
  }

  /// Removes the file, unless it has its name already.
  func discard() {
    state.withLock { state in
      if state.descriptor >= 0 { Foundation.close(state.descriptor) }
      state.descriptor = -1
    }
    unlink(url.path)
  }

  /// Whether a name is that of a file which another, running process writes.
  static func belongsToAnotherProcess(_ name: String) -> Bool {
    guard let process = name.split(separator: "-").first.flatMap({ pid_t($0) }), process > 0 else {
      return false
    }
    return process != getpid() && (kill(process, 0) == 0 || errno == EPERM)
  }
}

extension Digest {
  /// Lower case.
  var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
