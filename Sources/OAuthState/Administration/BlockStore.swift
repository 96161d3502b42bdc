package import OAuthProtocol

/// Somebody or something that the operator keeps out.
package enum BlockedParty: Hashable, Sendable {
    /// A user, who cannot log in.
    case user(UserID)
    /// A client, by its `client_id`.
    case client(String)
    /// The host of redirect URIs, in lower case: clients cannot receive codes there.
    case redirectHost(String)
    /// The host of metadata documents, in lower case: none of its documents is a client.
    case documentHost(String)
    /// Dynamic registration as a whole: registered clients continue.
    case registration

    /// The name of the kind, in requests and records.
    package var kind: String {
        switch self {
        case .user: "user"
        case .client: "client"
        case .redirectHost: "redirect_host"
        case .documentHost: "document_host"
        case .registration: "registration"
        }
    }

    /// What is blocked; empty for registration.
    package var value: String {
        switch self {
        case .user(let id): id.text
        case .client(let id): id
        case .redirectHost(let host), .documentHost(let host): host
        case .registration: ""
        }
    }

    /// The party with this kind and value; `nil` for an unknown kind, or a value that its kind cannot have.
    package init?(kind: String, value: String) {
        switch kind {
        case "user":
            guard let id = UserID(value) else { return nil }
            self = .user(id)
        case "client":
            guard !value.isEmpty, value.utf8.count <= Self.valueByteCountMax else { return nil }
            self = .client(value)
        case "redirect_host", "document_host":
            let isHost = value.utf8.allSatisfy { byte in
                // Lower-case letters, digits, and the characters of addresses and names.
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
                    || [0x2D, 0x2E, 0x3A, 0x5B, 0x5D].contains(byte)
            }
            guard !value.isEmpty, value.utf8.count <= 253, isHost else { return nil }
            self = kind == "redirect_host" ? .redirectHost(value) : .documentHost(value)
        case "registration":
            guard value.isEmpty else { return nil }
            self = .registration
        default: return nil
        }
    }

    /// The longest client id.
    private static let valueByteCountMax = 2048
}

/// A block, and since when it holds.
package struct Block: Hashable, Sendable {
    /// Who or what is kept out.
    package let party: BlockedParty
    /// Since when.
    package let since: Timestamp

    /// A block.
    package init(party: BlockedParty, since: Timestamp) {
        self.party = party
        self.since = since
    }
}

/// Stores whom the operator keeps out.
///
/// Unblocking revives nothing: what ended with the block stays ended.
package protocol BlockStore: Sendable {
    /// Blocks a party.
    func block(_ party: BlockedParty, now: Timestamp) async throws(StoreError) -> Receipt<BlockOutcome>
    /// Removes a block; false when there was none.
    func unblock(_ party: BlockedParty) async throws(StoreError) -> Receipt<Bool>
    /// Whether anything is blocked now.
    func hasBlocks() async throws(StoreError) -> Bool
    /// Whether it is known without asking the store that nothing is blocked now: what every request looks at first.
    var isKnownToBeEmpty: Bool { get }
    /// Whether a party is blocked now.
    func isBlocked(_ party: BlockedParty) async throws(StoreError) -> Bool
    /// All blocks, oldest first.
    func blocks() async throws(StoreError) -> [Block]
}

extension BlockStore {
    /// Unknown, unless a store has its blocks in memory.
    package var isKnownToBeEmpty: Bool { false }
}

/// The outcome of a request to block.
package enum BlockOutcome: Hashable, Sendable {
    /// Blocked from now on.
    case blocked
    /// It was blocked before.
    case already
    /// There are as many blocks as there may be.
    case full
}
