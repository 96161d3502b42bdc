import ArgumentParser
import FoundationEssentials
import GatehouseHosting
import Logging
import OAuthProtocol
import OutboundHTTP
import ServerConfiguration
import SocketHTTP

/// Where the management listener is, and what proves that the caller may administer the server.
struct ManagementArguments: ParsableArguments {
    @Option(name: .long, help: "The path of the server's YAML file, which names the management socket or address.")
    var config: String?

    @Option(name: .long, help: "The path of the management socket, where root and the server's user need no token.")
    var socket: String?

    @Option(name: .long, help: "The URL of the management listener, instead of the configured one.")
    var url: String?

    @Option(name: .long, help: "The file of the administrator's token, instead of the configured one.")
    var tokenFile: String?

    @Flag(name: .long, help: "Print the server's JSON instead of a table.")
    var json = false

    func validate() throws {
        guard config != nil || socket != nil || url != nil && tokenFile != nil || Self.isUsable(Self.usualSocket) else {
            throw ValidationError("Specify the server with --config, with --socket, or with --url and --token-file.")
        }
    }

    /// Runs the body with a client; prints an error as one line and exits with 1.
    func withClient(_ body: (ManagementClient) async throws -> Void) async throws {
        do {
            let client = try client()
            do {
                try await body(client)
            } catch {
                await client.close()
                throw error
            }
            await client.close()
        } catch let errors as ConfigurationErrors {
            for error in errors.errors { Console.writeError("\(error)") }
            throw ExitCode.failure
        } catch let exit as ExitCode {
            throw exit
        } catch {
            Console.writeError("gatehouse: \(error)")
            throw ExitCode.failure
        }
    }

    /// Where the packages' configuration has the socket.
    static let usualSocket = "/run/gatehouse/management.sock"

    /// Whether there is a socket that this user may connect to.
    private static func isUsable(_ path: String) -> Bool {
        let type = try? FileManager.default.attributesOfItem(atPath: path)[.type]  // absent or unreadable: not usable
        return type as? FileAttributeType == .typeSocket && FileManager.default.isWritableFile(atPath: path)
    }

    /// The socket that serves best: the named one, or one that exists where a token is not named.
    static func socket(
        named: String?,
        configured: String?,
        namesToken: Bool,
        isConfigured: Bool,
        isUsable: (String) -> Bool
    ) -> String? {
        if let named { return named }
        guard !namesToken else { return nil }
        return (isConfigured ? configured : usualSocket).flatMap { isUsable($0) ? $0 : nil }
    }

    private func client() throws -> ManagementClient {
        let loaded = try config.map { path in
            try ConfigurationLoader(environment: ProcessInfo.processInfo.environment).load(path: path)
        }
        let local = Self.socket(
            named: socket,
            configured: loaded?.management.socket,
            namesToken: url != nil || tokenFile != nil,
            isConfigured: loaded != nil,
            isUsable: Self.isUsable
        )
        if let local { return try ManagementClient(socket: local) }
        let token: String
        if let tokenFile {
            do throws(HostFiles.Refusal) {
                token = String(try HostFiles().text(tokenFile).filter { !$0.isWhitespace })
            } catch {
                throw ManagementClient.Failure(description: "the token file \(tokenFile) \(error.reason)")
            }
        } else if let configured = loaded?.management.adminToken?.value?.text {
            token = configured
        } else {
            throw ManagementClient.Failure(
                description: """
                    the configuration has no management.admin_token, and no management.socket that this user may use
                    """
            )
        }
        let base = url ?? loaded.map { Self.url(of: $0.management) } ?? ""
        return try ManagementClient(base: base, token: token, caFile: loaded?.outbound.caFile)
    }

    /// A listener on every address is asked on loopback.
    private static func url(of management: Configuration.Management) -> String {
        var address = management.address
        if address.ip.bytes.allSatisfy({ $0 == 0 }) { address.ip = .loopback }
        return "\(management.tls == nil ? "http" : "https")://\(address)"
    }
}

/// Asks a running server as its administrator.
struct ManagementClient {
    /// Why there is no answer, or what the server refused.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let base: String
    /// What errors call the server.
    private let place: String
    /// `nil` on a socket, where the kernel names the user.
    private let token: String?
    private let transport: CurlClient

    init(base: String, token: String, caFile: String?) throws {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        place = self.base
        self.token = token
        transport = try CurlClient(configuration: .init(caFile: caFile), logger: Self.silence)
    }

    /// Asks on a Unix socket, as the user of this process.
    init(socket: String) throws {
        // A name that the listener accepts from programs; it is not looked up.
        base = "http://localhost"
        place = socket
        token = nil
        transport = try CurlClient(configuration: .init(proxy: .none, unixSocket: socket), logger: Self.silence)
    }

    private static var silence: Logger { Logger(label: "gatehouse") { _ in SwiftLogNoOpLogHandler() } }

    func close() async { await transport.shutdown() }

    func get(_ path: String, _ query: [(String, String?)] = []) async throws -> JSONObject {
        try await send("GET", path, query: query)
    }

    func delete(_ path: String, _ query: [(String, String?)] = []) async throws -> JSONObject {
        try await send("DELETE", path, query: query)
    }

    func post(_ path: String, _ form: [(String, String?)]) async throws -> JSONObject {
        try await send("POST", path, form: form)
    }

    /// The lines of an answer that is not one JSON object.
    func lines(_ path: String, _ query: [(String, String?)]) async throws -> [String] {
        let response = try await exchange("GET", path, query: query, form: nil)
        return String(decoding: response.body, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func send(
        _ method: String,
        _ path: String,
        query: [(String, String?)] = [],
        form: [(String, String?)]? = nil
    ) async throws -> JSONObject {
        let response = try await exchange(method, path, query: query, form: form)
        do {
            return try JSONParser.parseObject(response.body)
        } catch {
            throw Failure(
                description: "\(place) answered with something other than JSON: is it the management listener?"
            )
        }
    }

    private func exchange(
        _ method: String,
        _ path: String,
        query: [(String, String?)],
        form: [(String, String?)]?
    ) async throws -> OutboundResponse {
        var url = base + path
        let encoded = Self.encoded(query)
        if !encoded.isEmpty { url += "?" + encoded }
        var fields: [(name: String, value: String)] = []
        if let token { fields.append((name: "authorization", value: "Bearer \(token)")) }
        if let name = Self.operatorName { fields.append((name: "x-gatehouse-operator", value: name)) }
        var body: [UInt8] = []
        if let form {
            fields.append((name: "content-type", value: "application/x-www-form-urlencoded"))
            body = Array(Self.encoded(form).utf8)
        }
        let request = OutboundRequest(
            method: method,
            url: url,
            headerFields: fields,
            body: body,
            limits: .init(totalTimeout: .seconds(600), responseBytesMax: 64 << 20),
            addressPolicy: .unrestricted
        )
        let response: OutboundResponse
        do {
            response = try await transport.send(request)
        } catch {
            throw Failure(description: "\(place) does not answer: \(error)")
        }
        guard response.status == 200 else {
            let answer = (try? JSONParser.parseObject(response.body)) ?? [:]  // without JSON the status says it all
            let reason = answer["error_description"]?.stringValue ?? answer["error"]?.stringValue
            throw Failure(description: reason ?? "the server answered with status \(response.status)")
        }
        return response
    }

    private static func encoded(_ pairs: [(String, String?)]) -> String {
        FormParameters.serialize(pairs.compactMap { name, value in value.map { (name, $0) } })
    }

    /// Who runs this command; the audit trail names it.
    private static var operatorName: String? {
        let environment = ProcessInfo.processInfo.environment
        return environment["SUDO_USER"] ?? environment["USER"] ?? environment["LOGNAME"]
    }
}
