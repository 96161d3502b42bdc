import Foundation
import OpenSSLCrypto

/// The limit: how many ES256 signatures one core makes, as `openssl speed` says and as our own binding does.
struct SignatureRate {
    /// Per second by `openssl speed`, on the server's core.
    let opensslSpeed: Double
    /// Per second by our binding, in this process.
    let ownBinding: Double

    static func measure(seconds: Int) throws -> SignatureRate {
        SignatureRate(opensslSpeed: try opensslSpeed(seconds: seconds), ownBinding: try ownBinding(seconds: seconds))
    }

    private static func opensslSpeed(seconds: Int) throws -> Double {
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
        throw BenchmarkError("openssl speed said nothing of ecdsap256")
    }

    private static func ownBinding(seconds: Int) throws -> Double {
        let key = try PrivateKey.generate(.es256)
        let message = [UInt8](repeating: 7, count: 400)
        let clock = ContinuousClock()
        let start = clock.now
        var count = 0
        while clock.now - start < .seconds(seconds) {
            for _ in 0..<100 {
                _ = try key.signature(for: message, using: .es256)
            }
            count += 100
        }
        return Double(count) / ((clock.now - start) / .seconds(1))
    }
}
