import BenchmarkSupport
import Foundation

/// A self-signed P-256 certificate for this machine.
enum Certificate {
    /// Writes `certificate.pem` and `key.pem`.
    static func make(in folder: URL) throws {
        _ = try ChildProgram.output([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", folder.appending(path: "key.pem").path(), "-out",
            folder.appending(path: "certificate.pem").path(),
        ])
    }
}
