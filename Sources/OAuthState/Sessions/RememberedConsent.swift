import HashTreeCollections
package import OAuthProtocol
package import OpenSSLCrypto

/// A user's approval of a client that need not be repeated until it expires or is withdrawn (CO-1, FD-10).
package struct RememberedConsent: Hashable, Sendable {
    /// Hash of everything that the approval covers.
    package let key: SHA256Digest
    /// The user who approved.
    package let userID: UserID
    /// The approved client.
    package let clientID: String
    /// Where the answers are sent: scheme and host.
    package let destination: String
    /// The resource, in its registered spelling.
    package let resource: String
    /// The approved scopes.
    package let scopes: ScopeSet
    /// When the user last answered the page.
    package let givenAt: Timestamp

    /// An approval.
    package init(
        key: SHA256Digest,
        userID: UserID,
        clientID: String,
        destination: String,
        resource: String,
        scopes: ScopeSet,
        givenAt: Timestamp
    ) {
        self.key = key
        self.userID = userID
        self.clientID = clientID
        self.destination = destination
        self.resource = resource
        self.scopes = scopes
        self.givenAt = givenAt
    }

    /// The key as text, by which pages and operators name one approval.
    package var id: String { Base64URL.encode(key.bytes) }
}

extension RememberedConsent: RecordCodable {
    package func write(to writer: inout BinaryWriter) {
        writer.write(key)
        writer.write(givenAt)
        writer.write(userID)
        writer.write(clientID)
        writer.write(destination)
        writer.write(resource)
        writer.write(scopes)
    }

    package init(from reader: inout BinaryReader) throws(RecordError) {
        key = try reader.digest()
        givenAt = try reader.timestamp()
        userID = try reader.identifier()
        clientID = try reader.string()
        destination = try reader.string()
        resource = try reader.string()
        scopes = try reader.scopes()
    }
}

/// Which of a user's approvals are withdrawn.
package struct ConsentWithdrawal: Hashable, Sendable {
    /// The user.
    package let userID: UserID
    /// Only those of this client; `nil` for all clients.
    package var clientID: String?
    /// Only this one.
    package var key: SHA256Digest?

    /// All approvals of a user, or those of one client, or one.
    package init(userID: UserID, clientID: String? = nil, key: SHA256Digest? = nil) {
        self.userID = userID
        self.clientID = clientID
        self.key = key
    }

    func covers(_ consent: RememberedConsent) -> Bool {
        consent.userID == userID && (clientID.map { consent.clientID.hasSameBytes(as: $0) } ?? true)
            && (key.map { consent.key == $0 } ?? true)
    }
}

/// The approvals by key, with an index by user.
struct ConsentTable: Sendable {
    /// Copied in O(1), without the index.
    private(set) var rows: TreeDictionary<SHA256Digest, RememberedConsent> = [:]
    private var keysByUser = IndexTable<UserID, SHA256Digest>()
    private var expiries = ExpiryBuckets<SHA256Digest>(of: .hour)

    var count: Int { rows.count }

    subscript(key: SHA256Digest) -> RememberedConsent? { rows[key] }

    /// The approvals of a user, in no particular order.
    func consents(of userID: UserID) -> [RememberedConsent] {
        keysByUser[userID].compactMap { rows[$0] }
    }

    mutating func insert(_ consent: RememberedConsent, lifetime: Duration) {
        remove(consent.key)
        rows[consent.key] = consent
        keysByUser.insert(consent.key, for: consent.userID)
        expiries.insert(consent.key, expiry: consent.givenAt + lifetime)
    }

    mutating func remove(_ key: SHA256Digest) {
        guard let consent = rows.removeValue(forKey: key) else { return }
        keysByUser.remove(key, for: consent.userID)
    }

    /// Removes up to `limit` expired ones, and returns their keys.
    mutating func removeExpired(now: Timestamp, lifetime: Duration, limit: Int) -> [SHA256Digest] {
        var removed: [SHA256Digest] = []
        for key in expiries.popDue(now: now, limit: limit) {
            // Given again since, an approval is in a later bucket too.
            guard let consent = rows[key], consent.givenAt + lifetime <= now else { continue }
            remove(key)
            removed.append(key)
        }
        return removed
    }
}
