import OAuthProtocol
import OutboundHTTP

/// OpenID Connect Core 1.0 §5.3, and similar endpoints: asks a provider whose access token it is.
struct UserInfo: Sendable {
    let exchange: UpstreamExchange
    let fields: [UpstreamParameter]

    /// The most elements of an answer that is an array.
    private static let elementCountMax = 64

    /// The answer of an endpoint.
    func object(at url: String, accessToken: String) async throws(UpstreamError) -> JSONObject {
        try await object(UserInfoMapping(endpoint: url, paths: IdentityPaths()), accessToken: accessToken)
    }

    /// The answer of an endpoint that is asked in its own way; the elements of an array are named by their index.
    func object(_ mapping: UserInfoMapping, accessToken: String) async throws(UpstreamError) -> JSONObject {
        let body = try await body(mapping, accessToken: accessToken)
        let json: JSONValue
        do {
            json = try JSONParser.parse(body.withoutByteOrderMark)
        } catch {
            throw UpstreamError(.userInfoFailed, "the userinfo answer is not a JSON object: \(error)")
        }
        if let object = json.objectValue { return object }
        guard let elements = json.arrayValue else {
            throw UpstreamError(.userInfoFailed, "the userinfo answer is not a JSON object")
        }
        return JSONObject(elements.prefix(Self.elementCountMax).enumerated().map { (String($0), $1) })
    }

    /// The primary address of GitHub's list, if it is verified (UP-2).
    ///
    /// Without the permission there is no address.
    func primaryVerifiedAddress(at url: String, accessToken: String) async throws(UpstreamError) -> String? {
        let body: [UInt8]
        do {
            let mapping = UserInfoMapping(endpoint: url, paths: IdentityPaths())
            body = try await self.body(mapping, accessToken: accessToken)
        } catch {
            // The user did not grant, or the organization withholds, addresses: the login is valid without one.
            guard error.isTemporary else { return nil }
            throw error
        }
        // An unreadable address is not a verified address.
        let entries = (try? JSONParser.parse(body.withoutByteOrderMark))?.arrayValue ?? []
        for entry in entries.lazy.compactMap(\.objectValue)
        where entry["primary"] == true && entry["verified"] == true {
            guard let address = entry["email"]?.stringValue, address.isFitForDisplay else { continue }
            return address
        }
        return nil
    }

    private func headerFields(_ mapping: UserInfoMapping, _ accessToken: String) -> [(name: String, value: String)] {
        let own = mapping.fields.map { (name: $0.name, value: $0.value.filling(accessToken)) }
        var fields = own
        let names = Set(own.map { $0.name.lowercased() })
        fields += self.fields.filter { !names.contains($0.name.lowercased()) }.map { ($0.name, $0.value) }
        if !names.contains("authorization") { fields.append(("Authorization", "Bearer " + accessToken)) }
        if let body = mapping.body, !names.contains("content-type") {
            let isJSON = body.first == "{" || body.first == "[" || body == "null"
            fields.append(("Content-Type", isJSON ? "application/json" : "application/x-www-form-urlencoded"))
        }
        return fields
    }

    private func body(_ mapping: UserInfoMapping, accessToken: String) async throws(UpstreamError) -> [UInt8] {
        let url = mapping.endpoint.filling(PercentEncoding.encode(accessToken))
        let fields = headerFields(mapping, accessToken)
        let response: OutboundResponse
        do {
            switch mapping.method {
            case .get: response = try await exchange.get(url, headerFields: fields)
            case .post:
                response = try await exchange.send(
                    method: "POST",
                    url: url,
                    headerFields: fields.contains { $0.name.lowercased() == "accept" }
                        ? fields : fields + [("Accept", "application/json")],
                    body: Array((mapping.body ?? "").filling(accessToken).utf8)
                )
            }
        } catch  where error.code == .invalidResponse {
            throw UpstreamError(.userInfoFailed, error.reason)
        }
        guard response.status == 200 || (mapping.method == .post && response.status == 201) else {
            let error = UpstreamError(status: response.status, retryAfter: response.retryAfter)
            if error.isTemporary { throw error }
            let reason = "the userinfo endpoint answered status \(response.status)"
            // GitHub sends 403 to clients that ask too often.
            if response.status == 403, let delay = response.retryAfter { throw .temporary(reason, retryAfter: delay) }
            throw UpstreamError(.userInfoFailed, reason)
        }
        return response.body
    }
}
