package import OAuthProtocol
package import OAuthState
package import UpstreamIdentity

extension OAuthError: StoreFailure {
    /// `temporarily_unavailable`: the change was not made, or does not hold, and the client may try again (TK-16).
    package init(_ error: StoreError) {
        self = .overloaded
    }
}

extension AuthorizationPageError: StoreFailure {
    /// A page that asks the user to try again.
    package init(_ error: StoreError) {
        self.init(.temporarilyUnavailable)
    }
}

extension UpstreamError: StoreFailure {
    /// A failure that may disappear by itself.
    package init(_ error: StoreError) {
        self = .temporary("the store takes no changes", retryAfter: .seconds(5))
    }
}
