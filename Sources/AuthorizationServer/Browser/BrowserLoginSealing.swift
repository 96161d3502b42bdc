package import OAuthProtocol
import OAuthState
package import OpenSSLCrypto

/// A user who logged in with a browser, as the browser's cookie says.
package struct BrowserLogin: Hashable, Sendable {
    /// The user.
    package let userID: UserID
    /// The user's login epoch at that time; the login is none once the user has another (``User/loginEpoch``).
    package let epoch: UInt32
    /// When the user logged in.
    package let signedInAt: Timestamp

    /// A login.
    package init(userID: UserID, epoch: UInt32, signedInAt: Timestamp) {
        self.userID = userID
        self.epoch = epoch
        self.signedInAt = signedInAt
    }
}

/// Seals the user who logged in with a browser into a cookie, so that a remembered consent and our own pages find their
/// user.
package struct BrowserLoginSealing: Sendable {
    private let sealing: TextSealing
    /// Names the form as well: a cookie of version 1 had no epoch, does not open, and its user signs in again.
    private static let purpose = "gatehouse browser login 2"

    /// How long a browser is remembered.
    package static let lifetime: Duration = .seconds(8 * 3600)

    /// Sealing under a key derived from the server's secret.
    package init(secret: [UInt8], random: any RandomSource) throws(CryptoError) {
        sealing = try TextSealing(secret: secret, domain: Self.purpose, random: random)
    }

    /// The cookie's value for a login; a new one at every login (D-61).
    package func seal(_ login: BrowserLogin) throws(CryptoError) -> String {
        var writer = BinaryWriter(reserving: 32)
        writer.write(login.userID)
        writer.write(login.epoch)
        writer.write(login.signedInAt)
        return try sealing.seal(writer.bytes, for: Self.purpose)
    }

    /// The login of a cookie, or `nil` when it is forged or has expired (D-56).
    ///
    /// Whether its epoch is the user's is for ``BrowserLogins`` to ask.
    package func open(_ text: String, now: Timestamp) -> BrowserLogin? {
        let login = sealing.open(text, for: Self.purpose) { (reader) throws(RecordError) in
            BrowserLogin(
                userID: try reader.identifier(),
                epoch: try reader.integer(),
                signedInAt: try reader.timestamp()
            )
        }
        return login.flatMap { now < $0.signedInAt + Self.lifetime ? $0 : nil }
    }
}
