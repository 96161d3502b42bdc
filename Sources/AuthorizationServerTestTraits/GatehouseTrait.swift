// A program that is linked statically has no testing library, and this module is empty then.
#if canImport(Testing)
@_exported public import AuthorizationServerTesting
public import Testing

/// Gives a test an authorization server of its own, which ``TestServer/current`` returns.
///
/// ```swift
/// @Test(.gatehouse) func refusesTokensOfOthers() async throws {
///     let gatehouse = try TestServer.current
///     #expect(try await myServer.status(with: gatehouse.mint(.wrongAudience)) == 401)
/// }
/// ```
///
/// On a suite, every test in it gets one, and each argument of a test too; with `shared: true` all of them have the
/// same one, which is started once.
public struct GatehouseTrait: TestTrait, SuiteTrait, TestScoping {
    let options: TestServer.Options
    let isShared: Bool

    /// Whether a suite's tests each get a server of their own.
    public var isRecursive: Bool { !isShared }

    /// Starts a server, performs the test, and stops the server in any case.
    ///
    /// - Throws: What the start or the test throws; ``FaultsNotMet`` when a scripted fault did not occur.
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withGatehouse(options) { server in
            try await TestServer.$provided.withValue(server) { try await function() }
        }
    }
}

extension Trait where Self == GatehouseTrait {
    /// A server with the default options.
    public static var gatehouse: Self { gatehouse(.init()) }

    /// A server with these options.
    ///
    /// - Parameters:
    ///   - options: How it differs from the default one.
    ///   - isShared: Whether all tests of the suite have the same server; of no meaning on a single test.
    /// - Returns: The trait.
    public static func gatehouse(_ options: TestServer.Options, shared isShared: Bool = false) -> Self {
        GatehouseTrait(options: options, isShared: isShared)
    }
}

extension TestServer {
    @TaskLocal static var provided: TestServer?

    /// The server that the trait `.gatehouse` has started for the running test.
    ///
    /// Child tasks see it; a detached task does not.
    public static var current: TestServer {
        get throws {
            guard let provided else { throw NoServerProvided() }
            return provided
        }
    }
}

/// No trait has started a server for the running test.
public struct NoServerProvided: Error, CustomStringConvertible {
    /// The remedy.
    public let description =
        "no server was started for this test: write @Test(.gatehouse) or @Suite(.gatehouse), or use withGatehouse { }"
}
#endif
