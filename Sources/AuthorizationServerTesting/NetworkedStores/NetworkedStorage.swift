package import AuthorizationServer
package import OAuthProtocol
package import OAuthState

/// A whole server's state behind a ``Network``: the proof that no part of the server relies on stores in its memory.
package struct NetworkedStorage: StateStorage, InspectableStorage {
    /// The line to the stores, which can be made to fail.
    package let network: Network
    private let far: MemoryStorage

    /// The stores of another storage, reached over a network.
    package init(_ far: MemoryStorage, network: Network = Network()) {
        self.far = far
        self.network = network
    }

    package var memory: MemoryStores { far.memory }

    package var stores: Stores {
        let memory = far.memory
        let signals = NetworkedSignals(
            far: Stores.Signals(endings: memory.sessions, streams: memory.streams),
            network: network
        )
        return Stores(
            clients: NetworkedClients(far: memory.clients, network: network),
            sessions: NetworkedSessions(far: memory.sessions, network: network),
            vault: NetworkedVault(far: memory.vault, network: network),
            keys: NetworkedKeys(far: memory.keys, network: network),
            replay: NetworkedReplay(far: memory.replay, network: network),
            devices: NetworkedDevices(far: memory.devices, network: network),
            upkeep: memory,
            // The operator's lists are read where the state is.
            administration: memory.stores.administration,
            signals: Stores.Signals(endings: signals, streams: signals)
        )
    }

    package var requiresSnapshot: Bool { far.requiresSnapshot }

    package var awaitsSnapshot: Bool { far.awaitsSnapshot }

    package func writeSnapshot(now: Timestamp) async throws { try await far.writeSnapshot(now: now) }

    package func close() async throws { try await far.close() }
}

extension ServerEnvironment {
    /// Keeps the state behind a network, over the storage or journal of this environment.
    package mutating func keepStateBehind(_ network: Network) {
        let (directory, journal) = (storage, journal)
        openState = { settings in
            NetworkedStorage(
                try await MemoryStorage(settings, directory: directory, journal: journal),
                network: network
            )
        }
    }
}
