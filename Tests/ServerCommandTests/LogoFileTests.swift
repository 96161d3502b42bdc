import Foundation
import ServerConfiguration
import Testing

@testable import GatehouseHosting

@Suite("branding.logo_file: the file is read and checked with the configuration")
struct LogoFileTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1]
    private static let gif = Array("GIF89a".utf8)

    /// Runs a body with a path in a folder of its own.
    private func withFile(_ name: String, _ bytes: [UInt8]?, _ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "logo-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: name)
        if let bytes { try Data(bytes).write(to: file) }
        try body(file)
    }

    private func load(_ path: String) throws -> Configuration {
        let yaml = "issuer: http://127.0.0.1:8080\nbranding: {logo_file: '\(path)'}"
        return try ConfigurationLoader(environment: [:]).load(text: yaml)
    }

    private func problems(_ path: String) -> [String] {
        do {
            _ = try load(path)
            return []
        } catch {
            return (error as? ConfigurationErrors)?.errors.map(\.description) ?? ["\(error)"]
        }
    }

    @Test("its content decides what it is, not its name")
    func content() throws {
        try withFile("logo.svg", Self.png) { file in
            let logo = try load(file.path()).branding.logoFile
            #expect(logo?.path == file.path())
            #expect(logo?.image?.kind == .png)
            #expect(logo?.image?.bytes == Self.png)
        }
    }

    @Test(
        "what cannot be used is refused with the key, the file and the reason",
        arguments: [
            ("logo.png", nil, "does not exist"), ("logo.png", [], "is empty"),
            (
                "logo.png", Array("<svg/>".utf8), "is an SVG, which can contain scripts; use PNG, JPEG, WebP or GIF"
            ),
            ("logo.txt", Array("a logo".utf8), "is no picture; use PNG, JPEG, WebP or GIF"),
            ("logo.gif", gif + [UInt8](repeating: 0, count: 300 << 10), "has 301 KiB; a logo has at most 256 KiB"),
            ("logo.gif", gif + [UInt8](repeating: 0, count: 1 << 20), "is longer than 1 MiB"),
        ] as [(String, [UInt8]?, String)]
    )
    func refused(_ name: String, _ bytes: [UInt8]?, _ reason: String) throws {
        try withFile(name, bytes) { file in
            #expect(problems(file.path()) == ["branding.logo_file: file \(file.path()) \(reason)"])
        }
    }

    @Test("a folder is refused")
    func folder() throws {
        try withFile("logo.png", nil) { file in
            let folder = file.deletingLastPathComponent().path()
            #expect(problems(folder) == ["branding.logo_file: file \(folder) is not a regular file"])
        }
    }

    @Test("a reload sees that the file has another content")
    func replaced() throws {
        try withFile("logo", Self.png) { file in
            let old = try load(file.path())
            #expect(try load(file.path()) == old)
            try Data(Self.gif).write(to: file)
            let changes = old.changes(to: try load(file.path()))
            #expect(changes.map(\.path) == ["branding.logo_file"])
            #expect(changes.filter { !$0.isReloaded }.isEmpty)
        }
    }
}
