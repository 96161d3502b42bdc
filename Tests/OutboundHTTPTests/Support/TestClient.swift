import Logging
import OutboundHTTP
import Synchronization
import Testing

/// Runs a test with a client of its own, which is shut down whatever happens.
func withClient<Result>(
    _ configuration: CurlClient.Configuration = .init(proxy: .none),
    _ body: (PatientClient) async throws -> Result
) async throws -> Result {
    let client = try CurlClient(configuration: configuration, logger: .silent)
    do {
        let result = try await body(PatientClient(base: client))
        await client.shutdown()
        return result
    } catch {
        await client.shutdown()
        throw error
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// A client that gives a busy machine time, where the test itself sets no time.
struct PatientClient: OutboundTransport {
    let base: CurlClient

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        var request = request
        let usual = OutboundRequest.Limits()
        if request.limits.totalTimeout == usual.totalTimeout { request.limits.totalTimeout = .seconds(300) }
        if request.limits.connectTimeout == usual.connectTimeout { request.limits.connectTimeout = .seconds(300) }
        return try await base.send(request)
    }

    func shutdown() async { await base.shutdown() }
}

extension OutboundTransport {
    /// The error that the request ends with; a response is a failed expectation.
    func failure(
        of request: OutboundRequest,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> OutboundError {
        do throws(OutboundError) {
            let response = try await send(request)
            Issue.record("unexpected \(response)", sourceLocation: sourceLocation)
        } catch {
            return error
        }
        throw UnexpectedResponse()
    }
}

struct UnexpectedResponse: Error {}

extension OutboundResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A name server of a test's own making, which counts what it is asked.
final class ScriptedResolver: HostResolver {
    private let answers: [String: [String]]
    private let asked = Mutex<[String]>([])

    init(_ answers: [String: [String]]) {
        self.answers = answers
    }

    var questions: [String] { asked.withLock { $0 } }

    func addresses(of name: String) throws(OutboundError) -> [RemoteAddress] {
        asked.withLock { $0.append(name) }
        guard let found = answers[name] else { throw OutboundError(.resolveFailed, "no address for \(name)") }
        return found.compactMap { RemoteAddress($0) }
    }
}
