import AuthorizationServerTesting
import DevelopmentIdentityProvider
import OAuthProtocol

/// A user whose browser follows a `connect_uri` and enters keys there.
struct EnteringUser {
    let deployment: StorageDeployment
    let client: OAuthTestClient

    /// Enters one key after another, the last of which is accepted; returns the texts of the pages that answered.
    func enter(_ keys: [String], _ token: String) async throws -> [String] {
        let refusal = try await client.exchange(token, audience: "weather")
        guard let uri = refusal["connect_uri"] else { throw Violation("no connect_uri: \(refusal.body)") }
        let browser = TestBrowser(transport: deployment.transport)
        var page = try await signedIn(browser, uri)
        var texts: [String] = []
        for key in keys {
            guard page.text.contains("field.key"), let action = page.formAction else {
                throw Violation("no page for a key: \(page.url) \(page.status)")
            }
            page = try await browser.post(
                address(action),
                form: page.hiddenFields.map { ($0.key, $0.value) } + [
                    ("field.key", key), ("field.station", "north"), ("decision", "connect"),
                ]
            )
            texts.append(page.text)
        }
        guard page.status == 200, page.text.contains("is connected") else {
            throw Violation("the key was not taken: \(page.status)")
        }
        return texts
    }

    /// The page of the link, after the sign-in that it asks for.
    private func signedIn(_ browser: TestBrowser, _ uri: String) async throws -> TestBrowser.Page {
        let provider = deployment.provider.issuer
        let origins = [deployment.issuer + "/", provider + "/"]
        let first = try await browser.get(uri)
        let fields = first.hiddenFields.map { ($0.key, $0.value) }
        var page = try await browser.follow(
            try await browser.post(
                address(first.formAction ?? ""),
                form: fields + [("sign_in", TestServer.upstream)]
            ),
            within: origins
        )
        if page.url.hasPrefix(provider + "/"), let action = page.formAction {
            let form = page.hiddenFields.map { ($0.key, $0.value) } + [("user", "ada")]
            let target = action.hasPrefix("http") ? action : provider + action
            page = try await browser.follow(try await browser.post(target, form: form), within: origins)
        }
        return page
    }

    private func address(_ action: String) -> String {
        action.hasPrefix("http") ? action : deployment.issuer + action
    }
}
