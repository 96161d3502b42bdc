import Foundation
import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

/// The files of `Deploy`, and programs that examine them.
enum DeployFiles {
    static let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "Deploy")

    static func text(_ path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    /// The documents of a YAML file.
    static func documents(_ path: String) throws -> [ConfigurationNode] {
        try text(path).split(separator: "\n---\n").map { try YAMLConfiguration.parse(String($0)) }
    }

    /// A configuration in which existing secrets replace all others.
    static func configuration(_ text: String) throws -> Configuration {
        let file = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID().uuidString)")
        try Data(String(repeating: "0123456789abcdef", count: 4).utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let replaced = text.replacing(/\{file: \/run\/[^}]*\}/, with: "{file: \(file.path())}")
        return try ConfigurationLoader(environment: [:]).load(text: replaced)
    }

    /// A program's output on both streams, and its exit status.
    static func run(_ arguments: [String], in directory: URL = folder) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

extension ConfigurationNode {
    /// The value below keys and indexes, or `nil`.
    func at(_ path: String...) -> ConfigurationNode? {
        var node: ConfigurationNode? = self
        for step in path {
            switch node?.content {
            case .map(let entries): node = entries.first { $0.name == step }?.node
            case .list(let values): node = Int(step).flatMap { values.indices.contains($0) ? values[$0] : nil }
            default: return nil
            }
        }
        return node
    }

    /// The text, if it is one.
    var text: String? {
        if case .scalar(let text) = content { text } else { nil }
    }

    /// The values, if it is a list.
    var values: [ConfigurationNode] {
        if case .list(let values) = content { values } else { [] }
    }
}
