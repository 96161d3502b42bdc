import OAuthProtocol
import OutboundHTTP

/// OpenID Connect Core 1.0 §5.3, and the endpoints like it: asks a provider who an access token belongs to.
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

    /// GitHub's list of addresses: the primary one, if it is verified (UP-2).
    ///
    /// Without the permission there is none.
    func primaryVerifiedAddress(at url: String, accessToken: String) async throws(UpstreamError) -> String? {
        let body: [UInt8]
        do {
            body = try await self.body(at: url, accessToken: accessToken)
        } catch {
            // The user did not grant, or the organisation withholds, addresses: the login is good without.
            guard error.isTemporary else { return nil }
            throw error
        }
        // An address that cannot be read is no verified address.
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
            // GitHub says 403 to whoever asks too often.
            if response.status == 403, let delay = response.retryAfter { throw .temporary(reason, retryAfter: delay) }
            throw UpstreamError(.userInfoFailed, reason)
        }
        return response.body
    }
}
