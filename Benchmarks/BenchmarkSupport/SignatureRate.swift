import Foundation
import OpenSSLCrypto

/// The limit: how many ES256 signatures one core makes, by `openssl speed` and by our own binding.
package struct SignatureRate: Codable, Sendable {
    /// Signatures per second by `openssl speed`, on the server's core.
    package let opensslSpeed: Double
    /// Signatures per second of processor time by our binding, in this process.
    package let ownBinding: Double

    /// Measures both.
    package static func measure(seconds: Int) throws -> SignatureRate {
        SignatureRate(opensslSpeed: try opensslSpeed(seconds: seconds), ownBinding: try ownBinding(seconds: seconds))
    }

    /// Signatures per second by `openssl speed`, on the server's core.
    package static func opensslSpeed(seconds: Int) throws -> Double {
        let text = try ChildProgram.output(
            ["taskset", "--cpu-list", "0", "openssl", "speed", "-mr", "-seconds", "\(seconds)", "ecdsap256"]
        )
        // `+F4:3:256:38000.1:12300.2`: signatures, then verifications, per second.
        for line in text.split(separator: "\n") where line.hasPrefix("+F4:") {
            let fields = line.split(separator: ":")
            if fields.count > 3, let value = Double(fields[3]), value > 0 {
                return value
            }
        }
        throw BenchmarkError("the output of openssl speed has no ecdsap256")
    }

    private static func ownBinding(seconds: Int) throws -> Double {
        let key = try PrivateKey.generate(.es256)
        let message = [UInt8](repeating: 7, count: 400)
        let end = ContinuousClock.now + .seconds(seconds)
        let before = try ProcessUsage.current(of: getpid()).processorSeconds
        var count = 0
        while ContinuousClock.now < end {
            for _ in 0..<100 {
                _ = try key.signature(for: message, using: .es256)
            }
            count += 100
        }
        return Double(count) / (try ProcessUsage.current(of: getpid()).processorSeconds - before)
    }
}
