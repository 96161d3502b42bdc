import Synchronization

/// Holds a TLS listener's current certificate; a reload replaces it as a whole.
final class TLSContextSource: Sendable {
    private let configuration: TLSConfiguration
    private let current: Mutex<TLSContext>

    init(_ configuration: TLSConfiguration) throws(TLSError) {
        self.configuration = configuration
        current = Mutex(try TLSContext(configuration))
    }

    /// Reads the files again without using them yet.
    func load() throws(TLSError) -> TLSContext {
        try TLSContext(configuration)
    }

    /// Uses another certificate for new sessions.
    func use(_ context: TLSContext) {
        current.withLock { $0 = context }
    }

    func makeSession() -> TLSSession? {
        current.withLock { $0 }.makeSession()
    }
}
