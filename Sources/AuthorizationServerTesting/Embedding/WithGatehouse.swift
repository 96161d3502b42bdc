/// A login that brought no code or no token, with what was answered.
public struct AuthorizationRefused: Error, CustomStringConvertible {
    /// The `error` of the answer; `nil` when there was only a page.
    public let error: String?
    /// The `error_description`, or the text of the page.
    public let reason: String?

    /// Both, in one line.
    public var description: String {
        "the authorization was refused: \([error, reason].compactMap { $0 }.joined(separator: ": "))"
    }
}

/// Starts a server, runs the body, and stops the server in any case.
///
/// - Returns: The result of the body.
/// - Throws: What the start or the body throws; ``FaultsNotMet`` when the body has scripted a fault that no request
///   met, unless ``TestServer/Options/requiresFaultsToOccur`` is false.
public func withGatehouse<Value>(
    _ options: TestServer.Options = .init(),
    _ body: (TestServer) async throws -> Value
) async throws -> Value {
    let server = try await TestServer.start(options)
    let result: Value
    do {
        result = try await body(server)
        if options.requiresFaultsToOccur { try server.requireFaultsMet() }
    } catch {
        await server.shutdown()
        throw error
    }
    await server.shutdown()
    return result
}

extension TestServer {
    /// Does nothing when every scripted fault has occurred.
    ///
    /// - Throws: ``FaultsNotMet`` with those that no request has met.
    public func requireFaultsMet() throws(FaultsNotMet) {
        let faults = unmetFaults
        guard faults.isEmpty else { throw FaultsNotMet(faults: faults) }
    }
}
