package import DurableLog
package import OAuthProtocol

/// The actors that own a single node's state, and how they are rebuilt from what was stored.
package struct MemoryStores: Sendable {
    /// Clients.
    package let clients: ClientRegistry
    /// Logins, codes, sessions and consents.
    package let sessions: AuthorizationSessions
    /// Users, identities and connections.
    package let vault: TokenVault
    /// Signing keys and the root secret.
    package let keys: SigningKeyRing
    /// Consumed assertions.
    package let replay: ReplayGuard
    /// Requests of devices without a browser; like logins in progress they do not survive a restart.
    package let devices: DeviceAuthorizations
    /// The operator's blocks.
    package let blocks: BlockList
    /// The streams of the receivers of events.
    package let streams: EventStreams
    /// Where they write their changes.
    package let journal: any ChangeJournal

    /// Empty stores over a journal.
    package init(_ settings: StoreSettings, journal: any ChangeJournal) {
        let limits = settings.limits
        self.journal = journal
        clients = ClientRegistry(preRegistered: settings.preRegistered, journal: journal, limits: limits)
        let endedConnections = EndedConnections()
        sessions = AuthorizationSessions(
            policy: settings.sessions,
            journal: journal,
            limits: limits,
            endedConnections: endedConnections,
            recordsEndings: settings.recordsEndings
        )
        vault = TokenVault(journal: journal, limits: limits, endedConnections: endedConnections)
        keys = SigningKeyRing(journal: journal)
        replay = ReplayGuard(journal: journal, limits: limits)
        devices = DeviceAuthorizations(limits: limits)
        blocks = BlockList(journal: journal)
        streams = EventStreams(journal: journal, limits: limits)
    }

    /// The same, each behind its protocol.
    package var stores: Stores {
        Stores(
            clients: clients,
            sessions: sessions,
            vault: vault,
            keys: keys,
            replay: replay,
            devices: devices,
            upkeep: self,
            administration: Stores.Administration(listing: self, blocks: blocks, keys: keys),
            signals: Stores.Signals(endings: sessions, streams: streams)
        )
    }

    /// Every store with the number of its section in snapshots; a number never means another store.
    var sections: [(id: UInt32, store: any RecordedStore)] {
        [(1, keys), (2, clients), (3, vault), (4, sessions), (5, replay), (6, blocks), (7, streams)]
    }

    // MARK: - Snapshots

    /// Writes a snapshot of everything.
    ///
    /// No request waits for it: each actor hands over a copy in O(1), and rows are encoded, deflated and sealed on the
    /// snapshot's own thread.
    package func writeSnapshot(to store: DurableStore, now: Timestamp) async throws {
        guard !store.journal.requiresSnapshot else { return try await writeResumingSnapshot(to: store, now: now) }
        // Taken before the first capture: every change up to here is in every section (ST-6).
        let position = journal.lastPosition
        let states = await captured()
        _ = try await store.writeSnapshot(covering: position, creationSeconds: now.secondsSinceEpoch) {
            writer throws(StorageError) in
            try Self.write(states, to: writer)
        }
    }

    /// Writes a snapshot that covers records which the journal had to omit, so that it takes changes again.
    private func writeResumingSnapshot(to store: DurableStore, now: Timestamp) async throws {
        for _ in 0..<Self.captureCountMax {
            guard let position = store.journal.beginResuming() else { throw StorageError.journal(.unavailable) }
            let states = await captured()
            // Changes are refused while the journal is unavailable, but one that had begun may come between two
            // captures: its record is not on the disk, so no section may contain it.
            guard states.allSatisfy({ $0.state.position == position }) else { continue }
            _ = try await store.writeSnapshot(resumingAfter: position, creationSeconds: now.secondsSinceEpoch) {
                writer throws(StorageError) in
                try Self.write(states, to: writer)
            }
            return
        }
        throw StorageError.journal(.unavailable)
    }

    /// How often the state is captured before the next turn of maintenance tries again.
    private static let captureCountMax = 16

    private func captured() async -> [(id: UInt32, state: CapturedState)] {
        var captured: [(id: UInt32, state: CapturedState)] = []
        for (id, section) in sections {
            captured.append((id, await section.capture()))
        }
        return captured
    }

    private static func write(
        _ states: [(id: UInt32, state: CapturedState)],
        to writer: SnapshotWriter
    ) throws(StorageError) {
        for (id, state) in states {
            try writer.beginSection(id, position: state.position)
            do {
                try state.forEachRecord { try writer.write($0) }
            } catch let error as StorageError {
                throw error
            } catch {
                throw .invalidSnapshotContent("a row could not be written")
            }
        }
    }
}

extension MemoryStores: StoreUpkeep {
    package var isAvailable: Bool { journal.isAvailable }

    package func sweep(now: Timestamp, limit: Int) async {
        await clients.sweep(now: now, limit: limit)
        await sessions.sweep(now: now, limit: limit)
        await replay.sweep(now: now, limit: limit)
        await devices.sweep(now: now)
        await streams.sweep(now: now, limit: limit)
    }

    package func counts() async -> StoreCounts {
        let (sessions, vault) = (await sessions.counts, await vault.counts)
        var counts = StoreCounts()
        counts.pendingAuthorizations = sessions.pending
        counts.authorizationCodes = sessions.codes
        counts.sessions = sessions.sessions
        counts.consents = sessions.consents
        counts.revokedAccessTokens = await self.sessions.revokedTokenCount
        counts.users = vault.users
        counts.connections = vault.connections
        counts.clients = await clients.count
        counts.consumedAssertions = await replay.count
        counts.deviceAuthorizations = await devices.count
        counts.endings = await self.sessions.endings.entries.count
        counts.eventStreams = await streams.count
        return counts
    }
}
