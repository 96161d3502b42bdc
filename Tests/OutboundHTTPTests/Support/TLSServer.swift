import Foundation
import Glibc

/// `openssl s_server` with a certificate of its own, on a free loopback port.
final class TLSServer {
    let certificateFile: String
    let port: UInt16
    private let directory: URL
    private let process = Process()

    init(name: String, arguments: [String] = []) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("outbound-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let keyFile = directory.appendingPathComponent("key.pem").path
        certificateFile = directory.appendingPathComponent("certificate.pem").path
        let generation = Process()
        generation.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        generation.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-keyout", keyFile, "-out",
            certificateFile,
        ]
        generation.standardError = FileHandle.nullDevice
        try generation.run()
        generation.waitUntilExit()

        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificateFile, "-key", keyFile, "-www"]
            + arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = Pipe()
        try process.run()
        port = try Self.announcedPort(output.fileHandleForReading)
    }

    deinit {
        // Not SIGTERM: the threads of the task pool block it, and their children inherit that.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        // The directory is a temporary one; a failure to remove it fails no test.
        try? FileManager.default.removeItem(at: directory)
    }

    /// Reads on until "ACCEPT 127.0.0.1:PORT".
    private static func announcedPort(_ output: FileHandle) throws -> UInt16 {
        var text = ""
        while true {
            let chunk = output.availableData
            guard !chunk.isEmpty else { throw POSIXError(.EPIPE) }
            text += String(decoding: chunk, as: UTF8.self)
            for line in text.components(separatedBy: "\n").dropLast() where line.hasPrefix("ACCEPT ") {
                guard let port = line.split(separator: ":").last.flatMap({ UInt16($0) }) else {
                    throw POSIXError(.EPROTO)
                }
                return port
            }
        }
    }
}
