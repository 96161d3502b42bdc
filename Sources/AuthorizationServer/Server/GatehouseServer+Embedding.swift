package import OAuthState

/// A storage whose actors are in this process, so that a test or a benchmark can examine them.
package protocol InspectableStorage: StateStorage {
    /// The actors that keep the state.
    var memory: MemoryStores { get }
}

extension MemoryStorage: InspectableStorage {}

extension GatehouseServer {
    /// The actors that keep the state, for embedding tests and benchmarks that look inside.
    ///
    /// Only for a server that keeps its state in this process, which is the default of ``ServerEnvironment/openState``.
    package var stores: MemoryStores {
        guard let memory = (storage as? any InspectableStorage)?.memory else {
            preconditionFailure("this server keeps its state elsewhere")
        }
        return memory
    }
}
