package import OAuthProtocol
import Synchronization

/// The keys of one moment: immutable, taken by readers without a turn of the actor.
///
/// An object, so that taking it for each token copies a reference and not every key in it.
package final class SigningKeySet: Sendable {
    /// Signs access tokens.
    package let active: SigningKey
    /// Signs ID tokens with RS256, which every OpenID client knows; `nil` when the active key does that.
    package let idTokenKey: SigningKey?
    /// Every published key: next, active and retired (MD-9).
    package let published: JSONWebKeySet

    /// The body of the key set document.
    package let document: [UInt8]

    /// A set of keys.
    package init(active: SigningKey, idTokenKey: SigningKey?, published: JSONWebKeySet) {
        self.active = active
        self.idTokenKey = idTokenKey
        self.published = published
        document = published.serialized()
    }

    /// The set of a generation's keys; `nil` while none signs access tokens.
    package convenience init?(_ generation: KeyGeneration) {
        let keys = generation.signingKeys
        guard let active = keys.first(where: { $0.state == .active && $0.purpose == .accessToken }) else { return nil }
        self.init(
            active: active.key,
            idTokenKey: keys.first { $0.state == .active && $0.purpose == .idToken }?.key,
            published: JSONWebKeySet(keys: keys.map(\.key.jsonWebKey))
        )
    }
}

/// Publishes the current key set: readers copy a reference under a lock that is held for some nanoseconds.
package final class SigningKeyPublication: Sendable {
    private struct State: Sendable {
        var keys: SigningKeySet
        var number: UInt64
    }

    private let state: Mutex<State>

    /// Publishes a first set; `nil` while no key of the generation signs access tokens.
    package init?(_ generation: KeyGeneration) {
        guard let keys = SigningKeySet(generation) else { return nil }
        state = Mutex(State(keys: keys, number: generation.number))
    }

    /// The current keys for signing and verifying.
    package var current: SigningKeySet {
        state.withLock { $0.keys }
    }

    /// Publishes a generation, unless a newer one is published already.
    package func publish(_ generation: KeyGeneration) {
        guard let keys = SigningKeySet(generation) else { return }
        state.withLock { state in
            guard generation.number > state.number else { return }
            state = State(keys: keys, number: generation.number)
        }
    }
}
