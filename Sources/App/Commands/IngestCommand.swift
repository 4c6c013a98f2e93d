import ArgumentParser
import Storage

/// `rill ingest PATH…`: adds files and folders to the knowledge base. It may run beside a serving Rill.
struct IngestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Adds text and Markdown files, and folders of them, to the knowledge base.",
    discussion: "What is there already is left alone; a file that has changed since replaces what it was.")

  @Argument(help: "Files and folders.", completion: .file())
  var paths: [String]

  @OptionGroup var options: SettingOptions

  func run() async throws {
    try await CommandFailure.reporting {
      let configuration = try await options.load()
      let database = try await SQLiteDatabase.open(folder: configuration.dataDirectory)
      let summary = try await IngestCommandRunner.ingest(paths: paths, store: database.knowledge)
      try database.close()
      if summary.failed > 0 { throw ExitCode.failure }
    }
  }
}
