import OAuthProtocol
package import OAuthState

/// Sessions, and the stores of what their verifiers must learn.
package struct SignalStores: Sendable {
    /// Logins, codes and sessions, whose ends are logged.
    package let authorization: any AuthorizationStore
    /// The log, and the streams of its readers.
    package let signals: Stores.Signals

    /// Stores of one place.
    package init(authorization: any AuthorizationStore, signals: Stores.Signals) {
        self.authorization = authorization
        self.signals = signals
    }
}

/// What the log of endings and the streams of its readers must do.
package enum SignalStoreConformance {
    /// A rule about sessions and their endings.
    package typealias Rule = ConformanceRule<SignalStores>

    /// Every rule.
    package static let rules: [Rule] = endingRules + streamRules + pushRules

    /// Settings with which endings are logged.
    static func settings(_ change: (inout StoreSettings) -> Void = { _ in }) -> StoreSettings {
        var settings = StoreSettings()
        settings.recordsEndings = true
        change(&settings)
        return settings
    }

    /// Everything in the log after a number.
    static func page(_ stores: SignalStores, after sequence: UInt64 = 0, limit: Int = 100) async throws -> EndingPage {
        try await stores.signals.endings.endings(after: sequence, limit: limit).outcome
    }

    /// What has ended, in its order.
    static func subjects(_ stores: SignalStores) async throws -> [Ending.Subject] {
        try await page(stores).endings.map(\.subject)
    }
}
