package import OAuthState

extension GatehouseServer {
    /// The actors that keep the state, for embedding tests and benchmarks that look inside.
    ///
    /// Only for a server that keeps its state in memory, which is the default of ``ServerEnvironment/openState``.
    package var stores: MemoryStores {
        guard let memory = (storage as? MemoryStorage)?.memory else {
            preconditionFailure("this server keeps its state elsewhere")
        }
        return memory
    }
}
