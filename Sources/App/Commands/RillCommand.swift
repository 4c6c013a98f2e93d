import ArgumentParser

/// The program.
@main
struct RillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rill",
    abstract: "Answers questions from your own documents, and shows every step and every word as it happens.",
    version: RillVersion.current,
    subcommands: [ServeCommand.self, IngestCommand.self, CopyCommand.self],
    defaultSubcommand: ServeCommand.self)
}
