import OAuthProtocol
import SocketHTTP

extension Format where Value == Issuer {
    /// The issuer identifier of this server (MD-3).
    static var issuer: Format {
        Format(
            "https URL without query, fragment or trailing slash; http on loopback only",
            schema: .url,
            read: { cursor, _ in
                guard let text = cursor.string() else { return nil }
                do throws(Issuer.Refusal) {
                    return try Issuer(text)
                } catch {
                    return cursor.refused(error.reason)
                }
            },
            write: { .string($0.text) }
        )
    }
}

extension Issuer {
    /// What decoding goes on with when the configured issuer was refused or is missing; the result is never used.
    static let standIn: Issuer = {
        do throws(Issuer.Refusal) {
            return try Issuer("https://issuer.invalid")
        } catch {
            preconditionFailure("an issuer that can never be wrong was refused: \(error.reason)")
        }
    }()

    /// Where a server listens that names no address: a loopback issuer's own address, or loopback behind a proxy.
    var defaultAddress: SocketAddress {
        guard isLoopback, let uri = URIReference(text) else { return SocketAddress(ip: .loopback, port: 8080) }
        let literal = uri.host.flatMap { IPAddress($0.trimmingPrefix("[").filter { $0 != "]" }) }
        return SocketAddress(ip: literal ?? .loopback, port: uri.port ?? 80)
    }
}
