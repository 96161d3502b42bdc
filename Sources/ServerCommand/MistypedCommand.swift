import ArgumentParser
import ServerConfiguration

/// Finds the command that a mistyped one probably meant.
enum MistypedCommand {
    /// What to say about a first argument that is no command; `nil` if it is one, or an option.
    static func objection(to word: String?, in configuration: CommandConfiguration) -> String? {
        guard let word, !word.hasPrefix("-") else { return nil }
        let names = configuration.subcommands.map { $0.configuration.commandName ?? "" } + ["help"]
        guard !names.contains(word) else { return nil }
        let advice =
            NearestName.of(word, among: names).map { "did you mean \($0)?" } ?? "gatehouse --help lists the commands"
        return "gatehouse: unknown command \(word); \(advice)"
    }
}
