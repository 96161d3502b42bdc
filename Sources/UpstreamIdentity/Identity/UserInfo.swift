import OAuthProtocol
import OutboundHTTP

/// OpenID Connect Core 1.0 §5.3, and similar endpoints: asks a provider whose access token it is.
struct UserInfo: Sendable {
    let exchange: UpstreamExchange
    let fields: [UpstreamParameter]

    /// The answer of an endpoint.
    func object(at url: String, accessToken: String) async throws(UpstreamError) -> JSONObject {
        let body = try await body(at: url, accessToken: accessToken)
        do {
            return try JSONParser.parseObject(body)
        } catch {
            throw UpstreamError(.userInfoFailed, "the userinfo answer is not a JSON object: \(error)")
        }
    }

    /// The primary address of GitHub's list, if it is verified (UP-2).
    ///
    /// Without the permission there is no address.
    func primaryVerifiedAddress(at url: String, accessToken: String) async throws(UpstreamError) -> String? {
        let body: [UInt8]
        do {
            body = try await self.body(at: url, accessToken: accessToken)
        } catch {
            // The user did not grant, or the organization withholds, addresses: the login is valid without one.
            guard error.isTemporary else { return nil }
            throw error
        }
        // An unreadable address is not a verified address.
        let entries = (try? JSONParser.parse(body))?.arrayValue ?? []
        for entry in entries.lazy.compactMap(\.objectValue)
        where entry["primary"] == true && entry["verified"] == true {
            guard let address = entry["email"]?.stringValue, address.isFitForDisplay else { continue }
            return address
        }
        return nil
    }

    private func body(at url: String, accessToken: String) async throws(UpstreamError) -> [UInt8] {
        let fields = [(name: "Authorization", value: "Bearer " + accessToken)] + fields.map { ($0.name, $0.value) }
        let response: OutboundResponse
        do {
            response = try await exchange.get(url, headerFields: fields)
        } catch  where error.code == .invalidResponse {
            throw UpstreamError(.userInfoFailed, error.reason)
        }
        guard response.status == 200 else {
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
