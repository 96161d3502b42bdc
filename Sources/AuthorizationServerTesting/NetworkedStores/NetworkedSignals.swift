package import OAuthProtocol
package import OAuthState

/// Endings and streams of events behind a ``Network``.
package struct NetworkedSignals: EndingStore, EventStreamStore {
    private let endings: any EndingStore
    private let streams: any EventStreamStore
    private let network: Network

    /// The same stores, behind a network.
    package init(far: Stores.Signals, network: Network) {
        endings = far.endings
        streams = far.streams
        self.network = network
    }

    package func lastEnding() async throws(StoreError) -> UInt64 {
        try await network.ask("lastEnding") { () throws(StoreError) in try await endings.lastEnding() }
    }

    package func endings(after sequence: UInt64, limit: Int) async throws(StoreError) -> Receipt<EndingPage> {
        try await network.change("endings") { () throws(StoreError) in
            try await endings.endings(after: sequence, limit: limit)
        }
    }

    package func add(_ stream: EventStream, now: Timestamp) async throws(StoreError) -> Receipt<Void> {
        let stream = try Carriage.carried(stream)
        return try await network.change("addStream") { () throws(StoreError) in
            try await streams.add(stream, now: now)
        }
    }

    package func update(_ stream: EventStream) async throws(StoreError) -> Receipt<Bool> {
        let stream = try Carriage.carried(stream)
        return try await network.change("updateStream") { () throws(StoreError) in try await streams.update(stream) }
    }

    package func acknowledge(
        _ acknowledgement: StreamAcknowledgement,
        of id: EventStreamID,
        now: Timestamp
    ) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("acknowledge") { () throws(StoreError) in
            try await streams.acknowledge(acknowledgement, of: id, now: now)
        }
    }

    package func stream(_ id: EventStreamID, of clientID: String) async throws(StoreError) -> EventStream? {
        try await network.ask("stream") { () throws(StoreError) in try await streams.stream(id, of: clientID) }
    }

    package func streams(of clientID: String) async throws(StoreError) -> [EventStream] {
        try await network.ask("streams") { () throws(StoreError) in try await streams.streams(of: clientID) }
    }

    package func takePushed(
        by holder: LeaseHolder,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [EventStream] {
        try await network.ask("takePushedStreams") { () throws(StoreError) in
            try await streams.takePushed(by: holder, now: now, limit: limit)
        }
    }

    package func pausePushed(_ stream: EventStream, reason: String) async throws(StoreError) -> Receipt<Bool> {
        let stream = try Carriage.carried(stream)
        return try await network.change("pausePushedStream") { () throws(StoreError) in
            try await streams.pausePushed(stream, reason: reason)
        }
    }

    package func remove(_ id: EventStreamID, of clientID: String) async throws(StoreError) -> Receipt<Bool> {
        try await network.change("removeStream") { () throws(StoreError) in
            try await streams.remove(id, of: clientID)
        }
    }
}

extension EndingPage: Carried {
    func carried() throws(StoreError) -> EndingPage {
        EndingPage(
            endings: try Carriage.carried(endings),
            reached: reached,
            hasMore: hasMore,
            loss: try Carriage.carried(loss)
        )
    }
}
