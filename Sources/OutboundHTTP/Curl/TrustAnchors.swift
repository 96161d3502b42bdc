import CCurl
internal import Foundations
import Glibc

/// The certificate authorities that servers are verified with: the system's and the configured ones.
///
/// libcurl takes one file (`CURLOPT_CAINFO`, which replaces the system's) and keeps what it parsed from a *file*
/// between connections, but not from bytes in memory. Both together therefore go into an anonymous memory file.
package final class TrustAnchors: Sendable {
    /// The largest certificate bundle that is read.
    static let byteCountMax = 16 << 20

    /// The files in which distributions keep their authorities; the first readable one is the system's.
    static let wellKnownFiles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ]

    /// The path to give to libcurl; with nil, libcurl uses its built-in default.
    let path: String?
    private let descriptor: Int32?

    convenience init(_ configuration: CurlClient.Configuration) throws(OutboundError) {
        let environment = EnvironmentVariable.value("SSL_CERT_FILE")
        let systemFile = configuration.systemCAFile ?? Self.systemFile(environment: environment)
        try self.init(systemFile: systemFile, caFile: configuration.caFile)
    }

    init(systemFile: String?, caFile: String?) throws(OutboundError) {
        guard let caFile else {
            (path, descriptor) = (systemFile, nil)
            return
        }
        let additional = try Self.certificates(in: caFile)
        let system = try systemFile.map { file throws(OutboundError) in try Self.certificates(in: file) } ?? []
        let descriptor = try Self.memoryFile(system + [UInt8(ascii: "\n")] + additional)
        self.descriptor = descriptor
        self.path = "/proc/self/fd/\(descriptor)"
    }

    deinit {
        if let descriptor { close(descriptor) }
    }

    /// The system's file.
    ///
    /// The environment takes precedence, even if its file turns out to be missing.
    static func systemFile(environment: String?) -> String? {
        if let environment, !environment.isEmpty { return environment }
        return wellKnownFiles.first { unsafe access($0, R_OK) == 0 }
    }

    /// The system's file as this process finds it; nil when there is none.
    package static func systemFile() -> String? {
        systemFile(environment: EnvironmentVariable.value("SSL_CERT_FILE"))
    }

    private static func certificates(in file: String) throws(OutboundError) -> [UInt8] {
        guard let bytes = contents(of: file) else { throw unusable("CA file cannot be read", file) }
        guard bytes.firstRange(of: "CERTIFICATE-----".utf8) != nil else {
            throw unusable("CA file holds no certificate", file)
        }
        return bytes
    }

    private static func unusable(_ reason: String, _ file: String) -> OutboundError {
        OutboundError(.invalidConfiguration, "\(reason): \(file)")
    }

    private static func contents(of file: String) -> [UInt8]? {
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count <= byteCountMax {
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                unsafe count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
            }
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
        return nil
    }

    private static func memoryFile(_ bytes: [UInt8]) throws(OutboundError) -> Int32 {
        let descriptor = unsafe gatehouse_memory_file("gatehouse-ca")
        guard descriptor >= 0 else { throw OutboundError(.invalidConfiguration, "no memory file for CA certificates") }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            guard count > 0 else {
                close(descriptor)
                throw OutboundError(.invalidConfiguration, "no memory for CA certificates")
            }
            written += count
        }
        return descriptor
    }
}
