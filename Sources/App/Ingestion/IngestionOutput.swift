import Foundation

/// Where `rill ingest` writes.
struct IngestionOutput: Sendable {
  /// Whether a bar can be drawn; otherwise there is one line for each file.
  let isTerminal: Bool
  /// Columns of the terminal.
  let width: Int
  let write: @Sendable (String) -> Void

  /// The process's standard output.
  static var standard: IngestionOutput {
    var size = winsize()
    let hasSize = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return IngestionOutput(
      isTerminal: isatty(STDOUT_FILENO) == 1, width: hasSize ? Int(size.ws_col) : 80,
      write: { FileHandle.standardOutput.write(Data($0.utf8)) })
  }
}
