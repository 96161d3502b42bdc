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
