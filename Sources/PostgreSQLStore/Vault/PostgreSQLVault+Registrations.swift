package import OAuthState
import OpenSSLCrypto

/// RFC 7591: this server's own registrations at the providers.
extension PostgreSQLVault {
    private static let registrationTable = "upstream_registrations"
    private static let registrationOf = SQLStatement(
        "SELECT upstream, body FROM upstream_registrations WHERE upstream = $1"
    )
    private static let allRegistrations = SQLStatement("SELECT upstream, body FROM upstream_registrations")
    // There is one for each configured upstream, so they are counted; two nodes that add the last one at once may
    // exceed the bound by one.
    private static let keepRegistration = SQLStatement(
        """
        INSERT INTO upstream_registrations (upstream, body)
        SELECT $1, $2
        WHERE (SELECT count(*) FROM upstream_registrations) < $3
            OR EXISTS (SELECT 1 FROM upstream_registrations WHERE upstream = $1)
        ON CONFLICT (upstream) DO UPDATE SET body = excluded.body
        RETURNING 1::bigint
        """
    )

    package func registration(of upstream: String) async throws(StoreError) -> StoredUpstreamRegistration? {
        let key = seal.upstream(upstream)
        return try await database.run(Self.registrationOf, [key]).first.map(registration)
    }

    package func registrations() async throws(StoreError) -> [StoredUpstreamRegistration] {
        var registrations: [StoredUpstreamRegistration] = []
        for row in try await database.run(Self.allRegistrations) { registrations.append(try registration(row)) }
        return registrations
    }

    private func registration(_ row: SQLRow) throws(StoreError) -> StoredUpstreamRegistration {
        try opener.open(
            StoredUpstreamRegistration.self,
            try row.bytes(1),
            table: Self.registrationTable,
            identity: try row.bytes(0)
        )
    }

    package func keep(_ registration: StoredUpstreamRegistration) async throws(StoreError) -> Receipt<StoreAdmission> {
        let key = seal.index([registration.upstream], table: "upstreams")
        let body = try seal.seal(registration, table: Self.registrationTable, identity: key.bytes)
        let kept = try await database.run(
            Self.keepRegistration,
            [.digest(key), .bytes(body), .integer(Int64(limits.upstreamRegistrationsMax))]
        )
        return Receipt(kept.isEmpty ? .full : .admitted)
    }
}
