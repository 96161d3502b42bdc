import BenchmarkSupport
import Foundation
import OAuthProtocol

/// A floor server's process.
final class FloorHost {
    let endpoint: Endpoint
    private let child: ChildServer
    private let file: URL

    /// Starts a server that gives this answer.
    static func start(_ answer: FloorAnswer) async throws -> FloorHost {
        let file = FileManager.default.temporaryDirectory.appending(path: "gatehouse-floor-\(UUID().uuidString)")
        try Data(answer.bytes).write(to: file)
        let signed = answer.signed.map { ["--signed-from", "\($0.lowerBound)", "--signed-count", "\($0.count)"] } ?? []
        let child = try ChildServer(["floor", "--answer", file.path()] + signed)
        guard let port = try await child.line()["port"]?.integerValue.flatMap({ UInt16(exactly: $0) }) else {
            throw BenchmarkError("the floor server did not report its port")
        }
        return FloorHost(Endpoint(port: port), child, file)
    }

    private init(_ endpoint: Endpoint, _ child: ChildServer, _ file: URL) {
        self.endpoint = endpoint
        self.child = child
        self.file = file
    }

    var processID: Int32 { child.processID }

    func stop() {
        child.end()
        // A file left in the temporary folder does no harm.
        try? FileManager.default.removeItem(at: file)
    }
}
