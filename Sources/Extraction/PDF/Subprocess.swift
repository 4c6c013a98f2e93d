import CProcess
import Foundation

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Runs a program without a shell and reads what it writes.
///
/// It inherits nothing but `PATH`, home folder and language, forms a process group of its own, may not write files, and is
/// killed when time, memory or the caller's patience ends.
struct Subprocess {
  struct Result {
    /// `nil` when it was killed by a signal.
    var status: CInt?
    var signal: CInt?
    /// The beginning of its standard error output.
    var errors: [UInt8] = []

    var isSuccess: Bool { status == 0 }
  }

  let program: String
  let arguments: [String]
  let memoryLimit: Int
  /// Programs that read PDFs have nothing to write but their output.
  var mayWriteFiles = false

  private static let maximumErrors = 16_384
  /// How often the caller is asked whether to go on, in milliseconds.
  private static let interval: CInt = 100

  /// - Parameter consume: called with what the program writes, piece by piece. When it throws, the program is killed.
  /// - Throws: `.toolMissing`, `.tooSlow`, `.cancelled`, and what `consume` throws.
  func run(
    _ context: ExtractionContext, _ consume: (UnsafeRawBufferPointer) throws(ExtractionError) -> Void
  ) throws(ExtractionError) -> Result {
    var output = try Pipe()
    defer { output.close() }
    var errors = try Pipe()
    defer { errors.close() }
    let process = try spawn(output: output.writing, errors: errors.writing)
    limit(process)
    output.closeWriting()
    errors.closeWriting()
    var result = Result()
    do throws(ExtractionError) {
      try pump(&output, &errors, context, &result, consume)
      try wait(process, context, &result)
    } catch {
      kill(-process, SIGKILL)
      reap(process)
      throw error
    }
    return result
  }

  /// Runs the program for what it writes.
  /// - Parameter limit: more output is an error.
  func output(_ context: ExtractionContext, limit: Int) throws(ExtractionError) -> (
    bytes: [UInt8], result: Result
  ) {
    var bytes: [UInt8] = []
    let result = try run(context) { chunk throws(ExtractionError) in
      guard bytes.count + chunk.count <= limit else { throw .tooLarge(limit) }
      bytes.append(contentsOf: chunk)
    }
    return (bytes, result)
  }

  // MARK: Starting

  private func spawn(output: CInt, errors: CInt) throws(ExtractionError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var flags = CInt(POSIX_SPAWN_SETPGROUP) | CInt(POSIX_SPAWN_SETSIGMASK) | CInt(POSIX_SPAWN_SETSIGDEF)
    #if canImport(Darwin)
      flags |= CInt(POSIX_SPAWN_CLOEXEC_DEFAULT)
    #else
      rill_spawn_close_from(&actions, 3)
    #endif
    posix_spawnattr_setflags(&attributes, Int16(flags))
    posix_spawnattr_setpgroup(&attributes, 0)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGPIPE, SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)

    let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME"].contains($0.key) }
    let environment = inherited.map { "\($0.key)=\($0.value)" } + ["LC_ALL=C.UTF-8"]
    var process: pid_t = 0
    let code = Self.withCStrings([program] + arguments) { arguments in
      Self.withCStrings(environment) { environment in
        posix_spawnp(&process, program, &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else {
      throw ExtractionError(
        .toolMissing,
        "PDF files are read by \((program as NSString).lastPathComponent), which is not installed on this computer. "
          + "Install poppler (Debian and Ubuntu: poppler-utils; macOS: brew install poppler) and try again.")
    }
    return process
  }

  /// The program has hardly begun when its limits are set. macOS cannot set them from outside.
  private func limit(_ process: pid_t) {
    _ = rill_limit_process(process, UInt64(max(0, memoryLimit)), mayWriteFiles ? 1 : 0)
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
  }

  // MARK: Reading

  private func pump(
    _ output: inout Pipe, _ errors: inout Pipe, _ context: ExtractionContext, _ result: inout Result,
    _ consume: (UnsafeRawBufferPointer) throws(ExtractionError) -> Void
  ) throws(ExtractionError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    defer { buffer.deallocate() }
    while output.reading >= 0 || errors.reading >= 0 {
      try context.check()
      // A negative descriptor is passed over.
      var descriptors = [
        pollfd(fd: output.reading, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errors.reading, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&descriptors, 2, Self.interval) > 0 else { continue }
      if descriptors[0].revents != 0 {
        let size = read(output.reading, buffer.baseAddress, buffer.count)
        if size > 0 {
          try consume(UnsafeRawBufferPointer(rebasing: buffer[..<size]))
        } else if size == 0 || errno != EINTR {
          output.closeReading()
        }
      }
      if descriptors[1].revents != 0 {
        let size = read(errors.reading, buffer.baseAddress, buffer.count)
        if size > 0 {
          result.errors.append(contentsOf: buffer[..<min(size, Self.maximumErrors - result.errors.count)])
        } else if size == 0 || errno != EINTR {
          errors.closeReading()
        }
      }
    }
  }

  // MARK: Ending

  /// Waits for the end of a program that has closed its output; nearly always it has ended already.
  private func wait(
    _ process: pid_t, _ context: ExtractionContext, _ result: inout Result
  ) throws(ExtractionError) {
    var status: CInt = 0
    var pause: UInt32 = 200
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { break }
      if ended < 0, errno != EINTR { return }
      try context.check()
      usleep(pause)
      pause = min(pause * 2, 50_000)
    }
    let signal = status & 0x7F
    if signal == 0 { result.status = (status >> 8) & 0xFF } else { result.signal = signal }
  }

  private func reap(_ process: pid_t) {
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
  }
}

/// Two descriptors that no other program inherits.
private struct Pipe {
  private(set) var reading: CInt = -1
  private(set) var writing: CInt = -1

  init() throws(ExtractionError) {
    var descriptors: [CInt] = [-1, -1]
    let code = pipe(&descriptors)
    for descriptor in descriptors where code == 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    guard code == 0 else {
      throw ExtractionError(.unreadable, "Too many files are open at the moment. Try again later.")
    }
    (reading, writing) = (descriptors[0], descriptors[1])
  }

  mutating func closeReading() {
    if reading >= 0 { _ = Self.close(reading) }
    reading = -1
  }

  mutating func closeWriting() {
    if writing >= 0 { _ = Self.close(writing) }
    writing = -1
  }

  mutating func close() {
    closeReading()
    closeWriting()
  }

  private static func close(_ descriptor: CInt) -> CInt {
    #if canImport(Darwin)
      Darwin.close(descriptor)
    #else
      Glibc.close(descriptor)
    #endif
  }
}
