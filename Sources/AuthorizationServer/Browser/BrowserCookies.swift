import HTTPTypes
package import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

/// RFC 6265: the cookies that bind a flow to one browser (CO-3, CO-4, LF-6).
///
/// `__Host-` keeps a sibling subdomain from setting them (D-56). Only a plain-http loopback issuer drops the prefix and
/// `Secure`, so that test clients without a browser's loopback exception work.
package struct BrowserCookies: Sendable {
    private let isSecure: Bool

    /// The cookies of an issuer.
    package init(issuer: Issuer) {
        isSecure = !issuer.isLoopback
    }

    /// The most flow cookies, and the most consent cookies, of a browser; older ones are removed beyond it (CO-4).
    package static let flowCountMax = 8

    /// The most logins of our own pages, whose cookies are larger because they contain the complete login.
    package static let pageLoginCountMax = 4

    private var prefix: String { isSecure ? "__Host-" : "" }
    private var browserName: String { prefix + "gatehouse-browser" }
    private var consentPrefix: String { prefix + "gatehouse-consent-" }
    private var flowPrefix: String { prefix + "gatehouse-flow-" }
    private var pageLoginPrefix: String { prefix + "gatehouse-page-" }
    private var loginName: String { prefix + "gatehouse-login" }
    private var languageName: String { prefix + "gatehouse-language" }

    // MARK: - The browser that sees the consent page

    /// The value that binds a consent page to this browser; named by the page's ticket, so that two simultaneous first
    /// visits do not overwrite each other's (CO-2).
    func consentBinding(_ request: Request, ticket: ConsentTicket.ID) -> BrowserBinding? {
        value(consentName(ticket), in: request).map(BrowserBinding.init(wireValue:))
    }

    /// Sets the value for the time of a consent page.
    func settingConsentBinding(_ binding: BrowserBinding, ticket: ConsentTicket.ID) -> String {
        cookie(consentName(ticket), binding.wireValue, lifetime: ConsentTicket.lifetime)
    }

    /// Removes the oldest consent cookies beyond the bound.
    func removingSurplusConsents(_ request: Request) -> [String] {
        removingSurplus(request, prefix: consentPrefix)
    }

    private func consentName(_ ticket: ConsentTicket.ID) -> String {
        consentPrefix + Base64URL.encode(Array(SHA256.hash(ticket).bytes.prefix(9)))
    }

    /// The value that binds forms of our own pages to this browser, if it has one of the right form.
    func browserBinding(_ request: Request) -> BrowserBinding? {
        value(browserName, in: request).flatMap { $0.utf8.count == 43 ? BrowserBinding(wireValue: $0) : nil }
    }

    /// Sets the browser's value for the time of a form.
    func settingBrowserBinding(_ binding: BrowserBinding) -> String {
        cookie(browserName, binding.wireValue, lifetime: ConsentTicket.lifetime)
    }

    // MARK: - The browser that approved

    /// The flow cookie of an upstream login; named by the login's state, so that parallel flows do not collide.
    func flowBinding(_ request: Request, state: SHA256Digest) -> BrowserBinding? {
        value(flowName(state), in: request).map(BrowserBinding.init(wireValue:))
    }

    /// Sets the flow cookie: only after approval, and for as long as the login may take.
    func settingFlowBinding(_ binding: BrowserBinding, state: SHA256Digest, lifetime: Duration) -> String {
        cookie(flowName(state), binding.wireValue, lifetime: lifetime)
    }

    /// Keeps the flow cookie of a finished login for as long as its answer can be repeated.
    func keepingFlowBinding(_ binding: BrowserBinding, state: SHA256Digest) -> String {
        cookie(flowName(state), binding.wireValue, lifetime: CallbackAnswers.lifetime)
    }

    /// Removes the flow cookie of a login whose user has decided.
    func removingFlowBinding(state: SHA256Digest) -> String {
        cookie(flowName(state), "", lifetime: .zero)
    }

    /// Removes the oldest flow cookies beyond the bound, because the browser sends all of them with every request.
    func removingSurplusFlows(_ request: Request) -> [String] {
        removingSurplus(request, prefix: flowPrefix)
    }

    // RFC 6265 §5.4: a browser lists older cookies first, and the newest are the ones still needed. One place is left
    // for the cookie that the answer sets.
    private func removingSurplus(_ request: Request, prefix: String, countMax: Int = flowCountMax) -> [String] {
        let names = pairs(in: request).map(\.name).filter { $0.starts(with: prefix.utf8) }
        return names.dropLast(countMax - 1).map { cookie(String(Substring($0)), "", lifetime: .zero) }
    }

    // MARK: - Logins of our own pages

    /// The sealed login in progress that one of our pages started, named by its state.
    func pageLogin(_ request: Request, state: SHA256Digest) -> String? {
        value(pageLoginName(state), in: request)
    }

    /// Sets the sealed login for as long as it may take, and removes older ones beyond the bound.
    func settingPageLogin(
        _ sealed: String,
        state: SHA256Digest,
        lifetime: Duration,
        after request: Request
    ) -> [String] {
        removingSurplus(request, prefix: pageLoginPrefix, countMax: Self.pageLoginCountMax) + [
            cookie(pageLoginName(state), sealed, lifetime: lifetime)
        ]
    }

    /// Keeps a finished login for as long as its answer can be repeated.
    func keepingPageLogin(_ sealed: String, state: SHA256Digest) -> String {
        cookie(pageLoginName(state), sealed, lifetime: CallbackAnswers.lifetime)
    }

    private func pageLoginName(_ state: SHA256Digest) -> String {
        pageLoginPrefix + Base64URL.encode(Array(state.bytes.prefix(9)))
    }

    private func flowName(_ state: SHA256Digest) -> String {
        flowPrefix + Base64URL.encode(Array(state.bytes.prefix(9)))
    }

    // MARK: - The remembered login

    /// The sealed login of this browser.
    func login(_ request: Request) -> String? {
        value(loginName, in: request)
    }

    /// Remembers who logged in with this browser; a new value at every login (D-61).
    func settingLogin(_ sealed: String, lifetime: Duration) -> String {
        cookie(loginName, sealed, lifetime: lifetime)
    }

    /// Forgets who logged in with this browser.
    func removingLogin() -> String {
        cookie(loginName, "", lifetime: .zero)
    }

    // MARK: - The language

    /// The language that the login's client asked for.
    func language(_ request: Request) -> PageLanguage? {
        value(languageName, in: request).flatMap(PageLanguage.init(rawValue:))
    }

    /// Remembers the language for the time of a login.
    func settingLanguage(_ language: PageLanguage) -> String {
        cookie(languageName, language.rawValue, lifetime: ConsentTicket.lifetime)
    }

    // MARK: - Syntax

    private func cookie(_ name: String, _ value: String, lifetime: Duration) -> String {
        "\(name)=\(value); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(lifetime.wholeSeconds)"
            + (isSecure ? "; Secure" : "")
    }

    // A name that occurs twice is ambiguous, and an attacker may have set one of the two: neither is used.
    private func value(_ name: String, in request: Request) -> String? {
        let found = pairs(in: request).filter { $0.name.elementsEqual(name.utf8) }
        return found.count == 1 ? String(Substring(found[0].value)) : nil
    }

    // As bytes: a browser sends all its cookies with each request, and each look-up reads them all.
    private func pairs(in request: Request) -> [(name: Substring.UTF8View, value: Substring.UTF8View)] {
        request.values(of: .cookie).flatMap { $0.utf8.split(separator: UInt8(ascii: ";")) }.compactMap { pair in
            let pair = pair.drop { $0 == UInt8(ascii: " ") }
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            return (pair[..<equals], pair[pair.index(after: equals)...])
        }
    }
}
