import AuthorizationServer
import DurableLog
import Foundations
package import Logging
package import OAuthState

/// Where the servers of this process that tests start keep their state, unless a test chooses a place itself.
///
/// `GATEHOUSE_TEST_STORES` names it; without it the state is in memory. The same tests then show that no part of the
/// server relies on stores in its own memory.
enum StateOfTests: Equatable {
    /// In memory across an artificial network (``Network``).
    case networked
    /// In PostgreSQL, each server's in a schema of its own.
    case postgresql

    static let chosen: StateOfTests? = {
        switch EnvironmentVariable.value("GATEHOUSE_TEST_STORES") {
        case nil, "": nil
        case "networked": .networked
        case "postgresql": .postgresql
        case let other?: preconditionFailure("GATEHOUSE_TEST_STORES: \(other) is neither networked nor postgresql")
        }
    }()

    /// Has a server keep its state there.
    func apply(to environment: inout ServerEnvironment) {
        switch self {
        case .networked:
            environment.keepStateBehind(Network())
        case .postgresql:
            // A test of the journal keeps its journal.
            guard environment.storage == nil, environment.journal is VolatileJournal else { return }
            let (provider, logger) = (Self.provider, environment.logger)
            environment.openState = { settings in try await provider.open(settings, logger: logger) }
        }
    }

    /// Found by its name: this library is for other packages' tests too, and must not need a database's client.
    private static let provider: any TestStateProvider.Type = {
        guard let type = _typeByName("20PostgreSQLStoreTests19PostgreSQLTestStateO") as? any TestStateProvider.Type
        else { preconditionFailure("GATEHOUSE_TEST_STORES=postgresql needs the tests of this package") }
        return type
    }()
}

/// Makes places for servers' states.
package protocol TestStateProvider: Sendable {
    /// An empty state, which is removed when it is closed.
    ///
    /// - Throws: What keeps it from being made.
    static func open(_ settings: StoreSettings, logger: Logger) async throws -> any StateStorage
}
