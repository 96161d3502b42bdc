import ServerConfiguration
import Synchronization

/// The configuration of a running `gatehouse dev`, which tests extend with resources and upstreams.
///
/// It is built anew from the same tree as at the start, so that what is added has the rules and the errors of what is
/// configured.
final class DevelopmentSettings: Sendable {
    private let first: DevelopmentConfiguration
    private let state: Mutex<State>

    private struct State {
        var added = Added()
        var current: Configuration
    }

    /// Builds the configuration of the start.
    init(_ configuration: DevelopmentConfiguration) throws(ConfigurationErrors) {
        first = configuration
        state = Mutex(State(current: try configuration.load()))
    }

    /// The token for the management listener's `/admin`.
    var adminToken: String { first.adminToken }

    /// What the server has, or has been asked to read.
    var configuration: Configuration { state.withLock { $0.current } }

    /// What tests have added to the configuration of the start.
    struct Added: Sendable {
        var resources: [AddedResource] = []
        var upstreams: [DevelopmentUpstream] = []

        var isEmpty: Bool { resources.isEmpty && upstreams.isEmpty }
    }

    /// Changes what was added; takes it only if the configuration with it is valid.
    ///
    /// - Parameter change: The change of what was added so far.
    /// - Returns: What had been added before.
    /// - Throws: ``ConfigurationErrors`` and changes nothing.
    @discardableResult
    func change(_ change: (inout Added) -> Void) throws(ConfigurationErrors) -> Added {
        let outcome: Result<Added, ConfigurationErrors> = state.withLock { state in
            let earlier = state.added
            var added = earlier
            change(&added)
            do throws(ConfigurationErrors) {
                state.current = try configuration(with: added)
            } catch {
                return .failure(error)
            }
            state.added = added
            return .success(earlier)
        }
        return try outcome.get()
    }

    private func configuration(with added: Added) throws(ConfigurationErrors) -> Configuration {
        var changed = first
        changed.added = added.resources
        changed.upstreams += added.upstreams
        let configuration = try changed.load()
        let known = configuration.resources.map(\.uri)
        guard added.resources.allSatisfy({ known.contains($0.uri) }) else {
            throw ConfigurationErrors([
                ConfigurationError(path: "resources", message: "are set by --config-inline, so none can be added")
            ])
        }
        return configuration
    }

    /// Whether a test has added anything.
    var hasAdded: Bool { state.withLock { !$0.added.isEmpty } }

    /// Whether a test has added this one.
    func hasAdded(_ uri: String) -> Bool { state.withLock { $0.added.resources.contains { $0.uri == uri } } }
}

/// A resource that a test has added.
struct AddedResource: Sendable {
    let uri: String
    let scopes: [String]
    let upstreams: [String]
    /// The credentials of its server.
    let clientID: String
    let secret: String
}
