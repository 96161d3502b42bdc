import ArgumentParser

/// The kinds of hostile load, with their names on the command line.
enum HostileRow: String, CaseIterable, ExpressibleByArgument, Codable {
    case slowConnections = "slow-connections"
    case registrations
    case authorizations
    case forgedTokens = "forged-tokens"
    case wrongCodes = "wrong-codes"
    case wrongSecrets = "wrong-secrets"
    case assertions = "rsa-assertions"
    case oversize
    case malformed
    case handshakes = "stalled-handshakes"
    case silentDocuments = "silent-documents"
    case heldRequests = "held-requests"

    /// The name in the table.
    var title: String {
        switch self {
        case .slowConnections: "4,000 connections, each a byte now and then"
        case .registrations: "registrations"
        case .authorizations: "logins that are begun and abandoned"
        case .forgedTokens: "access tokens with forged signatures"
        case .wrongCodes: "wrong authorization codes"
        case .wrongSecrets: "wrong client secrets"
        case .assertions: "assertions with RSA keys of 4096 bits"
        case .oversize: "headers, targets and bodies that are too long"
        case .malformed: "malformed requests"
        case .handshakes: "2,000 stalled TLS handshakes"
        case .silentDocuments: "metadata documents on silent hosts"
        case .heldRequests: "20,000 connections, or all descriptors, each with a partial request"
        }
    }

    /// The stated bound of the server's memory, in bytes.
    var residentBytesMax: Int {
        switch self {
        // The budget for request bytes, and 20,000 connections beside it.
        case .heldRequests: 640 << 20
        case .handshakes: 320 << 20
        default: 256 << 20
        }
    }
}
