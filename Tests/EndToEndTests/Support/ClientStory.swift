import Foundation
import Testing

/// What the story of a library reports.
protocol ClientStory: Decodable, Sendable {
    /// The library and its version.
    var library: String { get }
    /// What was refused, and what the library said of it.
    var refusals: [String: String] { get }
    /// Tokens that were given out.
    var secrets: [String] { get }
}

/// One client's life: from its login or first token, through a refresh, to the revocation and after.
struct ClientLife: Decodable, Sendable {
    /// What a resource server learns of the access token (RFC 7662).
    struct Introspection: Decodable, Sendable {
        /// Every member that the answer had.
        let members: Set<String>
        let active: Bool
        let client_id: String?
        let sub: String?
        let scope: String?
        let tsid: String?
        let aud: [String]

        private struct Name: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            func text(_ name: String) throws -> String? {
                try container.decodeIfPresent(String.self, forKey: Name(stringValue: name))
            }
            members = Set(container.allKeys.map(\.stringValue))
            active = try container.decode(Bool.self, forKey: Name(stringValue: "active"))
            client_id = try text("client_id")
            sub = try text("sub")
            scope = try text("scope")
            tsid = try text("tsid")
            // A library may make a list of it.
            if let one = try? text("aud") {
                aud = [one]
            } else {
                aud = try container.decodeIfPresent([String].self, forKey: Name(stringValue: "aud")) ?? []
            }
        }
    }
    struct Claims: Decodable, Sendable {
        let sub: String
        let name: String?
        let email: String?
    }
    /// Who the caller is, as the MCP server knows.
    struct Caller: Decodable, Sendable {
        let sub: String
        let client_id: String
        let scopes: [String]
    }

    let client_id: String
    /// Before the revocation, and after it.
    let before: Introspection
    let after: Introspection
    /// The status of the revocation.
    let revocation: Int
    /// The error of a refresh after the revocation.
    let refresh: String?
    /// How many different tokens there were.
    let access_tokens: Int?
    let refresh_tokens: Int?
    /// How often the user was asked before the revocation, and in all.
    let logins: [Int]?
    /// The upstream's names of the user whose upstream token was used, call by call.
    let users: [String]?
    let callers: [Caller]?
    let tools: [String]?
    let userinfo: Claims?
    let userinfo_after: Int?
    let consent_page: String?

    /// RV-2, IN-1: the token was good, the revocation was answered, and then the token and its family were not good any
    /// more.
    func expectEndedByRevocation(
        _ deployment: ClientDeployment,
        client: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(before.active, sourceLocation: sourceLocation)
        #expect(before.client_id == client_id, sourceLocation: sourceLocation)
        #expect(before.aud == [deployment.resource], sourceLocation: sourceLocation)
        #expect(before.scope?.split(separator: " ").contains("mcp:read") == true, sourceLocation: sourceLocation)
        if let client { #expect(client_id == client, sourceLocation: sourceLocation) }
        #expect(revocation == 200, sourceLocation: sourceLocation)
        #expect(after.members == ["active"], sourceLocation: sourceLocation)
        #expect(!after.active, sourceLocation: sourceLocation)
    }

    /// The life of a client that acts for a user.
    ///
    /// - Parameters:
    ///   - deployment: Where it was.
    ///   - client: The client's id, if it is known before.
    ///   - isPublic: FD-12: only a public client's refresh token is replaced.
    ///   - sourceLocation: Where the test is.
    func expectUserLife(
        _ deployment: ClientDeployment,
        client: String? = nil,
        isPublic: Bool,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        expectEndedByRevocation(deployment, client: client, sourceLocation: sourceLocation)
        #expect(refresh == "invalid_grant", sourceLocation: sourceLocation)
        #expect(before.tsid?.isEmpty == false, sourceLocation: sourceLocation)
        // JW-2: a name of ours, not the upstream's.
        #expect(before.sub?.hasPrefix("u_") == true, sourceLocation: sourceLocation)
        if logins == nil {
            #expect(access_tokens == 2, sourceLocation: sourceLocation)
            #expect(refresh_tokens == (isPublic ? 2 : 1), sourceLocation: sourceLocation)
        } else {
            // The client asked its user again when its refresh was refused, and got a new family.
            #expect(logins == [1, 2], sourceLocation: sourceLocation)
            #expect(access_tokens == 3, sourceLocation: sourceLocation)
            #expect(refresh_tokens == (isPublic ? 3 : 2), sourceLocation: sourceLocation)
        }
        if let userinfo {
            #expect(userinfo.sub == before.sub, sourceLocation: sourceLocation)
            #expect(userinfo.email == UpstreamUser.alice.email, sourceLocation: sourceLocation)
        }
    }

    /// CC-1: the life of a client that acts for itself.
    func expectMachineLife(
        _ deployment: ClientDeployment,
        client: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        expectEndedByRevocation(deployment, client: client, sourceLocation: sourceLocation)
        #expect(before.sub == client, sourceLocation: sourceLocation)
        #expect(before.tsid == nil, sourceLocation: sourceLocation)
        #expect(refresh == nil, sourceLocation: sourceLocation)
        if let access_tokens { #expect(access_tokens == 2, sourceLocation: sourceLocation) }
        if let refresh_tokens { #expect(refresh_tokens == 0, sourceLocation: sourceLocation) }
    }
}
