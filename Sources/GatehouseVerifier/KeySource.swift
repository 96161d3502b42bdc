import OAuthProtocol

/// The published keys of an issuer: read when they are first needed, each hour, and when a token names another key.
actor KeySource {
    private let issuer: String
    private let fetch: @Sendable (_ url: String) async throws -> [UInt8]
    private var keys: JSONWebKeySet?
    private var keySetURL: String?
    /// When the keys were read, in seconds since 1970.
    private var readAt: Int64 = 0
    /// When unknown names caused a request.
    private var lookups: [Int64] = []
    private var reading: Task<JSONWebKeySet, any Error>?

    /// How long a key set is used.
    private static let lifetimeSeconds: Int64 = 3600
    /// How long it remains in use while the issuer does not answer.
    private static let staleSeconds: Int64 = 86_400
    /// How many unknown names cause a request each minute.
    private static let lookupsPerMinute = 6

    init(issuer: String, fetch: @escaping @Sendable (_ url: String) async throws -> [UInt8]) {
        self.issuer = issuer
        self.fetch = fetch
    }

    /// The keys, which have one of that name if the issuer has published it.
    func keys(with name: String, now: Int64) async throws(VerificationError) -> JSONWebKeySet {
        guard let keys, now < readAt + Self.lifetimeSeconds, now >= readAt else { return try await fresh(now) }
        guard !keys.keys.contains(where: { $0.keyID == name }) else { return keys }
        lookups.removeAll { now - $0 >= 60 || $0 > now }
        guard lookups.count < Self.lookupsPerMinute else { return keys }
        lookups.append(now)
        return try await fresh(now)
    }

    private func fresh(_ now: Int64) async throws(VerificationError) -> JSONWebKeySet {
        // Requests at the same time share one: a rotation must not cause one for each of them.
        let task = reading ?? Task { try await read() }
        reading = task
        do {
            let found = try await task.value
            if reading == task { reading = nil }
            keys = found
            readAt = now
            return found
        } catch {
            if reading == task { reading = nil }
            if let keys, now < readAt + Self.staleSeconds { return keys }
            throw .unavailable(reason: "the key set of \(issuer) cannot be read: \(error)")
        }
    }

    private func read() async throws -> JSONWebKeySet {
        try JSONWebKeySet(parsing: try await fetch(try await location()))
    }

    /// RFC 8414 §3.1: the well-known part goes between host and path.
    static func metadataURL(of issuer: String) -> String? {
        guard let uri = URIReference(issuer), let host = uri.host else { return nil }
        let path = uri.path == "/" ? "" : uri.path
        let origin = "\(uri.scheme)://\(host)\(uri.port.map { ":\($0)" } ?? "")"
        return origin + "/.well-known/oauth-authorization-server" + path
    }

    /// RFC 8414 §3: where the metadata says that the keys are; it must name our issuer.
    private func location() async throws -> String {
        if let keySetURL { return keySetURL }
        guard let location = Self.metadataURL(of: issuer) else { throw JOSEError.wrongIssuer }
        let metadata = try JSONParser.parseObject(try await fetch(location))
        guard metadata["issuer"]?.stringValue == issuer, let url = metadata["jwks_uri"]?.stringValue else {
            throw JOSEError.wrongIssuer
        }
        keySetURL = url
        return url
    }
}
