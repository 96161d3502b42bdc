import OAuthState
import OpenSSLCrypto
import ServerConfiguration

/// The part that pushes security events.
extension EventPushes {
    /// Pushes over the network that strangers' addresses are reached by; `nil` for stores without events.
    ///
    /// - Throws: `CryptoError` when the library fails.
    static func make(
        _ configuration: Configuration,
        _ environment: ServerEnvironment,
        store: Stores.Signals?,
        rootSecret: [UInt8],
        instruments: Instruments,
        work: BackgroundWork
    ) throws(CryptoError) -> EventPushes? {
        guard let store else { return nil }
        return EventPushes(
            store: store,
            pusher: EventPusher(
                transport: environment.documentTransport ?? environment.transport,
                terms: try EventPushTerms(
                    issuer: configuration.issuer,
                    rootSecret: rootSecret,
                    random: environment.random
                )
            ),
            timeSource: environment.timeSource,
            random: environment.random,
            instruments: instruments,
            work: work
        )
    }
}
