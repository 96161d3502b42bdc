import OpenSSLCrypto
import Testing

@testable import OAuthProtocol

/// RFC 6749 §2: clients are handed on by reference and compared by what they say.
@Suite("Client")
struct ClientTests {
    /// A client that differs from the usual one in one member.
    private static func client(
        id: String = "c",
        kind: Client.Kind = .dynamic,
        name: String? = "n",
        uri: String? = "https://client.example",
        redirectURIs: [String] = ["https://client.example/cb"],
        grantTypes: Set<GrantType> = [.authorizationCode],
        authenticationMethods: Set<TokenEndpointAuthenticationMethod> = [.none],
        secretHash: SHA256Digest? = nil,
        scopes: ScopeSet? = nil,
        applicationType: ApplicationType = .native,
        isTrusted: Bool = false,
        keySet: [UInt8]? = nil,
        keySetURI: String? = nil,
        allowsTokenEndpointAudience: Bool = false,
        managementTokenHash: SHA256Digest? = nil,
        requiresProof: Bool = false,
        issuedAt: Timestamp = Timestamp(secondsSinceEpoch: 1)
    ) -> Client {
        Client(
            id: id,
            kind: kind,
            name: name,
            uri: uri,
            redirectURIs: redirectURIs,
            grantTypes: grantTypes,
            authenticationMethods: authenticationMethods,
            secretHash: secretHash,
            scopes: scopes,
            applicationType: applicationType,
            isTrusted: isTrusted,
            keySet: keySet,
            keySetURI: keySetURI,
            allowsTokenEndpointAudience: allowsTokenEndpointAudience,
            managementTokenHash: managementTokenHash,
            requiresProof: requiresProof,
            issuedAt: issuedAt
        )
    }

    @Test("no member is left out of the comparison, and the moment is in `==` only")
    func comparison() {
        let usual = Self.client()
        #expect(usual == Self.client() && usual.saysTheSame(as: Self.client()))
        let others = [
            Self.client(id: "d"), Self.client(kind: .preRegistered), Self.client(name: nil), Self.client(uri: nil),
            Self.client(redirectURIs: []), Self.client(grantTypes: [.clientCredentials]),
            Self.client(authenticationMethods: [.privateKeyJWT]), Self.client(secretHash: SHA256.hash("s")),
            Self.client(scopes: .empty), Self.client(applicationType: .web), Self.client(isTrusted: true),
            Self.client(keySet: []), Self.client(keySetURI: "https://client.example/jwks"),
            Self.client(allowsTokenEndpointAudience: true), Self.client(requiresProof: true),
            Self.client(managementTokenHash: SHA256.hash("t")),
        ]
        for other in others {
            #expect(usual != other && !usual.saysTheSame(as: other))
        }
        let later = Self.client(issuedAt: Timestamp(secondsSinceEpoch: 2))
        #expect(usual != later && usual.saysTheSame(as: later))
        // A member that is added shows here, and belongs into the list above.
        #expect(Mirror(reflecting: usual).children.count == others.count + 1)
    }
}
