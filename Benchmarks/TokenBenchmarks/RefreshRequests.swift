import AuthorizationServer
import BenchmarkSupport
import Foundation
import Glibc
import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import SocketHTTP

/// Complete refresh requests over sockets to a server in this process, measured on the thread of its only event loop:
/// the processor time and allocations of one, system calls and the signature included.
struct RefreshRequests {
    private static let clientID = "benchmark"
    private static let resource = "https://mcp.example.com/mcp"
    private static let scopes = ScopeSet(["mcp:read", "offline_access"])

    /// Measures in turns with the bare signature, on the loop's own thread too.
    static func measure(seconds: Double, connections: Int) async throws -> Comparison {
        let server = try await start()
        let clients = try await Self.clients(connections, of: server)
        let bare = try BareSignature(.es256)
        guard let loop = server.eventLoops.first else { throw BenchmarkError("a server without event loop") }
        var spent = (ours: [Cost](), limit: [Cost]())
        var microseconds = 0.0
        var turn = 0
        while turn < 4 || microseconds < seconds * 1_000_000 {
            let limit = await Self.onThread(of: loop) {
                let start = Effort.ofThisThread
                for _ in 0..<200 { bare.sign() }
                return Effort.between(start, .ofThisThread, count: 200)
            }
            let start = await Self.onThread(of: loop) { Effort.ofThisThread }
            let rounds = 10
            for _ in 0..<rounds {
                for client in clients { try client.send() }
                for client in clients { try client.receive() }
            }
            let count = rounds * clients.count
            let ours = Effort.between(start, await Self.onThread(of: loop) { Effort.ofThisThread }, count: count)
            turn += 1
            // The first turn warms up.
            guard turn > 1 else { continue }
            spent.limit.append(limit)
            spent.ours.append(ours)
            microseconds += limit.microseconds * 200 + ours.microseconds * Double(count)
        }
        await server.shutdown(gracePeriod: .zero)
        return Comparison(
            name: "refresh request over a socket",
            ours: Comparison.median(spent.ours),
            limit: Comparison.median(spent.limit)
        )
    }

    private static func onThread<Value: Sendable>(
        of loop: EventLoop,
        _ body: @escaping @Sendable () -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            loop.submit { continuation.resume(returning: body()) }
        }
    }

    private static func start() async throws -> GatehouseServer {
        let logger = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        let reservation = try PortReservation(SocketAddress(ip: .loopback, port: 0))
        var configuration = Configuration(
            issuer: try Issuer("http://\(reservation.address)"),
            listen: [.init(address: reservation.address)]
        )
        configuration.management.address = SocketAddress(ip: .loopback, port: 0)
        configuration.scopes = ScopeSet(["openid", "offline_access", "mcp:read"])
        configuration.resources = [Configuration.Resource(uri: resource, scopes: ScopeSet(["mcp:read"]))]
        var environment = ServerEnvironment(
            transport: try CurlClient(logger: logger),
            auditSink: UnboundedAuditSink { _ in },
            logger: logger
        )
        environment.reservations = [reservation]
        environment.eventLoopCount = 1
        return try await GatehouseServer.start(configuration, environment: environment)
    }

    private static func clients(_ count: Int, of server: GatehouseServer) async throws -> [RefreshingClient] {
        let stores = server.stores
        let now = SystemTimeSource().now()
        let client = OAuthProtocol.Client(
            id: clientID,
            kind: .dynamic,
            redirectURIs: ["http://127.0.0.1:1/callback"],
            grantTypes: [.authorizationCode, .refreshToken],
            authenticationMethods: [TokenEndpointAuthenticationMethod.none],
            issuedAt: now
        )
        _ = try await stores.clients.register(client).outcome
        let key = RefreshTokenKey(secret: try await stores.keys.serverSecret(candidate: []).outcome)
        var clients: [RefreshingClient] = []
        for index in 1...count {
            let session = SessionID(value: Bits128(high: UInt64(index), low: UInt64(index)))
            try await begin(session, of: UserID(value: Bits128(high: UInt64(index), low: 0)), in: stores, now: now)
            let token = RefreshToken(family: session, generation: 1, key: key)
            clients.append(
                try RefreshingClient(port: server.addresses[0].port, clientID: clientID, token: token.wireValue)
            )
        }
        return clients
    }

    /// Begins a session by redeeming a code, as a login does.
    private static func begin(_ id: SessionID, of user: UserID, in stores: MemoryStores, now: Timestamp) async throws {
        let code = AuthorizationCode(random: SystemRandomSource())
        let challenge = CodeChallenge(verifier: CodeVerifier(random: SystemRandomSource()))
        let request = AuthorizationRequest(
            clientID: clientID,
            redirectURI: "http://127.0.0.1:1/callback",
            state: nil,
            codeChallenge: challenge,
            scopes: scopes,
            resource: resource
        )
        let grant = AuthorizationGrant(
            Login(request: request, sessionID: id, authenticatedAt: now),
            userID: user,
            issuesRefreshToken: true
        )
        _ = try await stores.sessions.issueCode(code.hash, for: grant, now: now).outcome
        let redemption = CodeRedemption(
            code: code.hash,
            clientID: clientID,
            redirectURI: nil,
            challenge: challenge,
            resource: nil
        )
        guard case .redeemed = try await stores.sessions.redeem(redemption, now: now).outcome else {
            throw BenchmarkError("a code was refused")
        }
    }
}

/// A client on one connection that uses its refresh token and takes the successor.
private final class RefreshingClient {
    private let descriptor: Int32
    private let clientID: String
    private var token: String
    private var buffer = [UInt8](repeating: 0, count: 16_384)

    init(port: UInt16, clientID: String, token: String) throws {
        self.clientID = clientID
        self.token = token
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw BenchmarkError("the server cannot be reached") }
    }

    deinit { close(descriptor) }

    func send() throws {
        let body = "grant_type=refresh_token&client_id=\(clientID)&refresh_token=\(token)"
        let request = Array(
            """
            POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r
            Content-Length: \(body.utf8.count)\r\n\r\n\(body)
            """.utf8
        )
        let sent = unsafe request.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
        guard sent == request.count else { throw BenchmarkError("a request was written only in part") }
    }

    /// Reads an answer, which arrives in one piece, and stores the successor.
    func receive() throws {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { throw BenchmarkError("the server closed a connection") }
        let answer = String(decoding: buffer[..<count], as: UTF8.self)
        guard answer.hasPrefix("HTTP/1.1 200"), let start = answer.range(of: "\"refresh_token\":\"")?.upperBound,
            let end = answer[start...].firstIndex(of: "\"")
        else { throw BenchmarkError("a refresh was refused: \(answer)") }
        token = String(answer[start..<end])
    }
}
