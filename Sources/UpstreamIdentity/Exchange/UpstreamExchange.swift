import Foundations
import OAuthProtocol
import OutboundHTTP

/// Sends requests to one provider under its address policy and limits, and classifies network failures.
struct UpstreamExchange: Sendable {
    let transport: any OutboundTransport
    let addressPolicy: AddressPolicy
    let limits: OutboundRequest.Limits
    let allowsInsecureHTTP: Bool

    /// The largest answer that is read, whatever the limits are.
    static let responseBytesMax = 1 << 20

    /// Gets a JSON document.
    func get(
        _ url: String,
        headerFields: [(name: String, value: String)] = []
    ) async throws(UpstreamError)
        -> OutboundResponse
    {
        var fields = headerFields
        if !fields.contains(where: { $0.name == "Accept" }) { fields.append(("Accept", "application/json")) }
        return try await send(method: "GET", url: url, headerFields: fields, body: [])
    }

    /// Posts a form, or a JSON object with its values, and asks for JSON; without that, GitHub answers with a form
    /// (UP-5).
    func post(
        _ url: String,
        form: [(String, String)],
        format: TokenRequestFormat = .form,
        headerFields: [(name: String, value: String)] = []
    ) async throws(UpstreamError) -> OutboundResponse {
        let (type, body) =
            switch format {
            case .form: ("application/x-www-form-urlencoded", Array(FormParameters.serialize(form).utf8))
            case .json: ("application/json", JSONObject(form.map { ($0.0, .string($0.1)) }).serialized())
            }
        let fields = [(name: "Content-Type", value: type), (name: "Accept", value: "application/json")] + headerFields
        return try await send(method: "POST", url: url, headerFields: fields, body: body)
    }

    /// Sends a request; redirects are not followed, so that neither a secret nor a bearer token goes to another host.
    func send(
        method: String,
        url: String,
        headerFields: [(name: String, value: String)],
        body: [UInt8]
    ) async throws(UpstreamError) -> OutboundResponse {
        try UpstreamURL.check(url, what: "endpoint", allowsInsecureHTTP: allowsInsecureHTTP)
        var limits = limits
        limits.responseBytesMax = min(limits.responseBytesMax, UpstreamExchange.responseBytesMax)
        let request = OutboundRequest(
            method: method,
            url: url,
            headerFields: headerFields,
            body: body,
            limits: limits,
            addressPolicy: addressPolicy,
            // Some providers compress although they were not asked to.
            decodesContent: true
        )
        let response: OutboundResponse
        do {
            response = try await transport.send(request)
        } catch {
            throw UpstreamError(error)
        }
        guard response.body.count <= UpstreamExchange.responseBytesMax else {
            throw UpstreamError(.invalidResponse, "the provider's answer is too large")
        }
        return response
    }
}

extension UpstreamError {
    /// The failure that a failed exchange means.
    init(_ error: OutboundError) {
        switch error.code {
        case .timeout, .connectionLost, .cancelled:
            self.init(.temporarilyUnavailable(retryAfter: nil), error.description, isOutcomeUnknown: true)
            closerReason = .providerUnreachable
        case .resolveFailed, .connectFailed, .tls, .overloaded:
            self.init(.temporarilyUnavailable(retryAfter: nil), error.description)
            closerReason = .providerUnreachable
        case .tooLarge, .protocolError:
            self.init(.invalidResponse, error.description, isOutcomeUnknown: true)
        case .invalidURL, .invalidRequest, .invalidConfiguration, .addressRefused:
            self.init(.misconfigured, error.description)
        }
    }
}

extension OutboundResponse {
    /// RFC 9110 §10.2.3: how long to wait, stated in seconds or as a date, which is compared with the answer's own;
    /// bounded, because the provider is not trusted.
    var retryAfter: Duration? {
        guard let text = values(of: "Retry-After").first, text.utf8.count <= 40 else { return nil }
        let seconds: Int
        if let stated = text.utf8.count <= 9 ? Int(text) : nil {
            seconds = stated
        } else if let moment = HTTPDate.secondsSinceEpoch(text),
            let sent = values(of: "Date").first.flatMap({ HTTPDate.secondsSinceEpoch($0) })
        {
            seconds = Int(moment - sent)
        } else {
            return nil
        }
        return seconds < 0 ? nil : .seconds(min(seconds, OutboundResponse.retryAfterSecondsMax))
    }

    /// The longest wait that is accepted.
    static let retryAfterSecondsMax = 3600

    /// The media type in lower case, without parameters.
    var mediaType: String? {
        values(of: "Content-Type").first?.split(separator: ";").first.map {
            $0.lowercased().filter { $0 != " " && $0 != "\t" }
        }
    }
}
