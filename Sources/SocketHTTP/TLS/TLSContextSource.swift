import Synchronization

/// Where a TLS listener finds its current certificate; replaced as a whole at a reload.
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

    /// Uses another certificate for the sessions made from now on.
    func use(_ context: TLSContext) {
        current.withLock { $0 = context }
    }

    func makeSession() -> TLSSession? {
        current.withLock { $0 }.makeSession()
    }
}
