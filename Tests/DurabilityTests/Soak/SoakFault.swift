import DevelopmentIdentityProvider
import Foundation

/// What goes wrong for a while, outside the program.
enum SoakFault: CaseIterable {
    /// The provider's token endpoint answers that it is unavailable.
    case provider
    /// The provider performs requests and never answers them: a rotation is lost on the way.
    case lostAnswers
    /// No file may grow, like on a full disk.
    case disk

    func begin(_ process: GatehouseProcess, _ deployment: StorageDeployment) throws {
        switch self {
        case .provider: deployment.provider.script(.unavailable, on: .token, times: 10_000)
        case .lostAnswers: deployment.provider.script(.dropResponse, on: .token, times: 10_000)
        case .disk: try Self.limitFiles(of: process, to: "1024")
        }
    }

    func end(_ process: GatehouseProcess, _ deployment: StorageDeployment) throws {
        switch self {
        case .provider, .lostAnswers: deployment.provider.clearScript()
        case .disk: try Self.limitFiles(of: process, to: "unlimited")
        }
    }

    // The soft limit only, which may be raised again.
    private static func limitFiles(of process: GatehouseProcess, to bytes: String) throws {
        let program = Process()
        program.executableURL = URL(filePath: "/usr/bin/prlimit")
        program.arguments = ["--pid", "\(process.processID)", "--fsize=\(bytes):"]
        try program.run()
        program.waitUntilExit()
        guard program.terminationStatus == 0 else { throw Violation("prlimit ended with \(program.terminationStatus)") }
    }
}
