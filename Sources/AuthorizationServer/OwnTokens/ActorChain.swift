import OAuthProtocol

/// RFC 8693 §4.1: the parties that acted for a token's subject, the most recent one first.
///
/// Only the first is the current actor; the others are history, which no one may use for access decisions.
struct ActorChain: Hashable, Sendable {
    /// One acting party: an identifier, and the issuer that gave it.
    struct Party: Hashable, Sendable {
        let issuer: String
        let subject: String
    }

    /// The parties, the most recent one first.
    let parties: [Party]

    /// The most parties in one chain.
    static let depthMax = 10
    /// The longest chain as JSON, in bytes: the token must fit into a header field.
    static let byteCountMax = 8_192

    /// A chain of these parties.
    init(_ parties: [Party] = []) {
        self.parties = parties
    }

    /// Reads the claim `act` of a token of `issuer`; without the claim, no party has acted.
    ///
    /// - Throws: `invalid_request` for a claim that is malformed or too deep.
    init(_ claim: JSONValue?, issuer: String) throws(OAuthError) {
        var parties: [Party] = []
        var next = claim
        while let value = next, value != .null {
            guard let actor = value.objectValue, let subject = actor["sub"]?.stringValue, !subject.isEmpty,
                actor["iss"] == nil || actor["iss"]?.stringValue?.isEmpty == false
            else { throw OAuthError(.invalidRequest, "the claim act of subject_token is malformed") }
            guard parties.count < Self.depthMax else { throw Self.tooLong }
            parties.append(Party(issuer: actor["iss"]?.stringValue ?? issuer, subject: subject))
            next = actor["act"]
        }
        self.parties = parties
    }

    /// The chain after one more party has acted.
    ///
    /// - Throws: `invalid_request` when it gets too long, or when the party has acted before: services that delegate to
    ///   each other in a circle never end.
    func adding(_ party: Party) throws(OAuthError) -> ActorChain {
        guard !parties.contains(party) else {
            throw OAuthError(.invalidRequest, "this client has already acted in the chain of subject_token")
        }
        guard parties.count < Self.depthMax else { throw Self.tooLong }
        let chain = ActorChain([party] + parties)
        guard chain.json.serialized().count <= Self.byteCountMax else { throw Self.tooLong }
        return chain
    }

    /// The claim `act`.
    var json: JSONObject {
        parties.reversed().reduce(into: JSONObject()) { inner, party in
            var actor: JSONObject = ["iss": .string(party.issuer), "sub": .string(party.subject)]
            if !inner.isEmpty { actor["act"] = .object(inner) }
            inner = actor
        }
    }

    /// The parties as the audit trail names them, the most recent one first.
    var names: [String] { parties.map(\.subject) }

    private static let tooLong = OAuthError(.invalidRequest, "the chain of actors is too long")
}
