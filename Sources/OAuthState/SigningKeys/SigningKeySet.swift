package import OAuthProtocol
import Synchronization

/// The keys of one moment: immutable, taken by readers without a hop.
///
/// An object, so that taking it for each token copies a reference and not every key in it.
package final class SigningKeySet: Sendable {
    /// Signs access tokens.
    package let active: SigningKey
    /// Signs ID tokens with RS256, which every OpenID client knows; `nil` when the active key does it.
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
}

/// Where the present key set is published: readers copy a reference under a lock of some nanoseconds.
package final class SigningKeyPublication: Sendable {
    private let state: Mutex<SigningKeySet>

    /// Publishes a first set.
    package init(_ keys: SigningKeySet) {
        state = Mutex(keys)
    }

    /// The keys to sign and verify with now.
    package var current: SigningKeySet {
        state.withLock { $0 }
    }

    func publish(_ keys: SigningKeySet) {
        state.withLock { $0 = keys }
    }
}
