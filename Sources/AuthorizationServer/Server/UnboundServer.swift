import OAuthProtocol
package import OAuthState
package import ServerConfiguration
package import SocketHTTP

/// A whole server without listeners: what ``GatehouseServer`` serves on sockets, reachable by a call.
///
/// A simulation drives thousands of servers, and ends them in the middle of a request; sockets would be most of its
/// time.
package final class UnboundServer: Sendable {
    /// Answers what clients, browsers and resource servers send.
    package let responder: any RequestResponder
    /// Answers what the operator sends to the management listener.
    package let managementResponder: any RequestResponder
    /// The stores of the state.
    package let storage: any StateStorage

    private let environment: ServerEnvironment
    private let composition: ServerComposition
    private let maintenance: Maintenance

    /// Recovers the state and prepares the keys, as ``GatehouseServer/start(_:environment:)`` does.
    ///
    /// - Throws: The error that prevents the start.
    package init(_ configuration: Configuration, environment: ServerEnvironment) async throws {
        let composition = try await ServerComposition.make(configuration, environment: environment)
        self.environment = environment
        self.composition = composition
        responder = composition.responders.public
        managementResponder = composition.responders.management
        storage = composition.storage
        maintenance = Maintenance(
            storage: composition.storage,
            snapshots: SnapshotSchedule(
                interval: configuration.storage.snapshotInterval,
                requests: composition.signals.operations.snapshots
            ),
            keys: composition.keys,
            duties: composition.duties,
            timeSource: environment.timeSource,
            logger: environment.logger
        )
        composition.signals.readiness.set(.ready)
    }

    /// Runs what is due at the time source's current time.
    package func performMaintenance() async {
        await maintenance.performDue()
    }

    /// Ends all tasks without a last snapshot and without closing the storage properly, as a killed process does.
    ///
    /// The disk must have stopped before: what ends here could otherwise still write to it.
    package func abandon() async {
        await maintenance.stop()
        composition.duties.work.close()
        await composition.duties.work.idle()
        // Ends the journal's thread; the stopped disk takes nothing, and its error is of no interest.
        try? await storage.close()
    }

    /// Writes a last snapshot and closes the storage.
    ///
    /// - Throws: The disk's error.
    package func shutdown() async throws {
        composition.signals.readiness.set(.draining)
        await maintenance.stop()
        composition.duties.work.close()
        await composition.duties.work.idle()
        try await storage.writeSnapshot(now: environment.timeSource.now())
        try await storage.close()
    }
}
