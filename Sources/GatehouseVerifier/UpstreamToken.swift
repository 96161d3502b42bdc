import OAuthProtocol

/// A user's token at a provider; it prints nothing of itself.
public struct UpstreamToken: Sendable, Hashable {
    /// What the provider's API accepts.
    public let accessToken: String
    /// The upstream's configured name.
    public let upstream: String
    /// The granted scopes.
    public let scopes: [String]
    /// The user's identifier at the provider, if it is known.
    public let account: String?
    /// A name to show for that account.
    public let accountName: String?
    /// The field where the provider's API expects the token as it is, for credentials that users enter; `nil` for a
    /// bearer token.
    public let header: String?
    /// What the provider's API needs beside the token, such as `instance_url`.
    public let fields: [String: String]
    /// Until when the same token is returned again, in seconds since 1970.
    public let useUntil: Int64

    /// The name and the value of the field that presents the token.
    public var headerField: (name: String, value: String) {
        header.map { ($0, accessToken) } ?? ("Authorization", "Bearer " + accessToken)
    }

    init(_ answer: JSONObject, upstream: String, accessToken: String, useUntil: Int64) {
        self.accessToken = accessToken
        self.upstream = upstream
        self.useUntil = useUntil
        scopes = (answer["scope"]?.stringValue ?? "").split(separator: " ").map(String.init)
        account = answer["account"]?.objectValue?["sub"]?.stringValue
        accountName = answer["account"]?.objectValue?["login"]?.stringValue
        header = answer["header"]?.stringValue
        let members = answer["upstream_fields"]?.objectValue?.members ?? []
        fields = Dictionary(
            members.compactMap { member in member.value.stringValue.map { (member.name, $0) } },
            uniquingKeysWith: { first, _ in first }
        )
    }
}

extension UpstreamToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The upstream's name only.
    public var description: String { "<redacted token of \(upstream)>" }
    /// The upstream's name only.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// What narrows a retrieval; by default the user's usual account with any scopes.
public struct UpstreamWish: Sendable, Hashable {
    /// Scopes that the token must have.
    public var scopes: [String]
    /// The user's account at the provider, if the user has several.
    public var account: String?

    /// A wish.
    public init(scopes: [String] = [], account: String? = nil) {
        self.scopes = scopes
        self.account = account
    }
}

/// Why there is no upstream token.
public enum UpstreamTokenError: Error, Hashable, Sendable {
    /// The user has to connect the upstream, or connect it again.
    case connectRequired(ConnectRequest)
    /// Gatehouse no longer accepts the user's access token, for example because its session has ended; answer 401.
    case userTokenRefused(reason: String)
    /// This user, or this access token, may not have a token of the upstream; answer 403.
    case denied(reason: String)
    /// This server's credentials, the resource or the upstream's name is wrong; an operator has to act.
    case misconfigured(reason: String)
    /// Gatehouse or the provider does not answer now.
    case unavailable(reason: String, retryAfterSeconds: Int?)
}

/// What a user has to do before there is an upstream token.
public struct ConnectRequest: Sendable, Hashable {
    /// The upstream's configured name.
    public let upstream: String
    /// `not_connected`, `reauth_required` or `scope_missing`.
    public let reason: String
    /// The page to pass to the user unchanged.
    public let connectURI: String
    /// The scopes that the connection lacks.
    public let missingScopes: [String]

    /// The result of an MCP tool call, as JSON, that lets the client open the page and repeat the call (MCP 2026-07-28,
    /// URL-mode elicitation).
    public var result: [UInt8] {
        let again = reason == "reauth_required" ? "again " : ""
        let parameters: JSONObject = [
            "mode": "url", "message": .string("Connect your \(upstream) account \(again)to continue."),
            "url": .string(connectURI),
        ]
        let connect: JSONObject = ["method": "elicitation/create", "params": .object(parameters)]
        let result: JSONObject = [
            "resultType": "input_required", "inputRequests": .object(["connect": .object(connect)]),
        ]
        return result.serialized()
    }
}
