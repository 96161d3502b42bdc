import OAuthProtocol
import OutboundHTTP

extension UpstreamPreset {
    /// Credentials that users enter.
    package static let entered: UpstreamPreset = {
        var preset = UpstreamPreset("static", .entered)
        preset.note = "credentials that are not OAuth: users enter them on our page"
        preset.behaviour.scopeSemantics = .permissions
        return preset
    }()
}

extension UpstreamProvider {
    /// The credential that users enter here; `nil` for a provider that speaks OAuth.
    package var enteredCredential: EnteredCredential? {
        if case .entered(let credential) = configuration.kind { credential } else { nil }
    }

    /// What a credential that is entered now is bound to, as a connection stores it: the origin of the configured API.
    ///
    /// `nil` for a provider that speaks OAuth.
    package var enteredBinding: String? { enteredCredential?.binding }

    /// What a provider says of a credential.
    package enum EnteredVerdict: Hashable, Sendable {
        /// It works, or nothing is configured that could tell.
        case accepted
        /// It does not, by the status of the answer.
        case refused(status: Int)
    }

    /// Asks the provider whether a credential works, through the guarded client; redirects are not followed.
    ///
    /// - Throws: ``UpstreamError`` when it cannot tell now.
    package func check(_ rendered: EnteredCredential.Rendered) async throws(UpstreamError) -> EnteredVerdict {
        guard let credential = enteredCredential, let check = credential.check else { return .accepted }
        let response = try await exchange.send(
            method: check.method.rawValue,
            url: check.url,
            headerFields: check.fields.map { ($0.name, $0.value) } + [(credential.header, rendered.credential)],
            body: []
        )
        if response.status == check.status { return .accepted }
        let error = UpstreamError(status: response.status, retryAfter: response.retryAfter)
        guard !error.isTemporary else { throw error }
        return .refused(status: response.status)
    }
}

extension EnteredCredential {
    /// What is stored where the configuration does not say which API takes the credential.
    static let unboundBinding = "static"

    var binding: String {
        guard let uri = api.flatMap(URIReference.init), let host = uri.host else { return Self.unboundBinding }
        return "\(Self.unboundBinding) \(uri.scheme)://\(host.lowercased())\(uri.port.map { ":\($0)" } ?? "")"
    }

    /// Whether a stored credential is for the present API.
    ///
    /// The operator may give the upstream's name to another service. That service must not get the keys of the one
    /// before. What was stored without an API is not known to be for another one.
    func accepts(binding stored: String) -> Bool {
        stored == Self.unboundBinding || stored.hasSameBytes(as: binding)
    }
}
