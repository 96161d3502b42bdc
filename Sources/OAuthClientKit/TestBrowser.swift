import OAuthProtocol
package import OutboundHTTP

/// A browser for tests: keeps cookies, follows redirects, and submits forms. It runs no scripts, which our pages do not
/// have.
package actor TestBrowser {
    /// The last answer: a page, or the redirect or error that ended the request.
    package struct Page: Sendable {
        /// The requested address.
        package let url: String
        /// The HTTP status.
        package let status: Int
        /// The header fields.
        package let headerFields: [(name: String, value: String)]
        /// The body as text.
        package let text: String

        /// The first value of a header field, whatever its case.
        package func header(_ name: String) -> String? {
            headerFields.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        /// Every value of a header field.
        package func headers(_ name: String) -> [String] {
            headerFields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        }
    }

    private let transport: any OutboundTransport
    /// Whether it confirms the accounts of further providers by itself, as most users do.
    private var confirmsLegs = true
    private var cookies: [String: [String: String]] = [:]

    /// A browser without cookies.
    package init(transport: any OutboundTransport) {
        self.transport = transport
    }

    /// Makes it stop at the page that asks for a further provider's account.
    package func stopConfirmingLegs() {
        confirmsLegs = false
    }

    /// Fetches an address without following redirects.
    package func get(_ url: String, headerFields: [(name: String, value: String)] = []) async throws -> Page {
        let page = try await send("GET", url, body: [], headerFields: headerFields)
        let fields = page.hiddenFields
        guard confirmsLegs, fields["leg"] != nil, let action = page.formAction else { return page }
        return try await post(action, form: fields.map { ($0.key, $0.value) } + [("decision", "connect")])
    }

    /// Posts a form without following redirects.
    package func post(
        _ url: String,
        form: [(String, String)],
        headerFields: [(name: String, value: String)] = []
    ) async throws -> Page {
        let type = (name: "content-type", value: "application/x-www-form-urlencoded")
        return try await send(
            "POST",
            url,
            body: Array(FormParameters.serialize(form).utf8),
            headerFields: [type] + headerFields
        )
    }

    /// Posts the form of another site's page without following redirects: cookies with `SameSite=Lax` or stricter, as
    /// all of ours are, are not sent.
    package func postAcrossSites(_ url: String, form: [(String, String)]) async throws -> Page {
        let type = (name: "content-type", value: "application/x-www-form-urlencoded")
        let site = (name: "sec-fetch-site", value: "cross-site")
        let body = Array(FormParameters.serialize(form).utf8)
        return try await send("POST", url, body: body, headerFields: [type, site], sendsCookies: false)
    }

    /// Follows redirects from a page while they lead to addresses that begin with one of `origins`.
    ///
    /// - Returns: The first page that is not such a redirect; its `location` is the next address.
    package func follow(_ page: Page, within origins: [String]) async throws -> Page {
        var page = page
        for _ in 0..<20 {
            guard (300..<400).contains(page.status), let location = page.header("location"),
                origins.contains(where: location.hasPrefix)
            else { return page }
            page = try await get(location)
        }
        return page
    }

    /// The cookies for an address's host and port.
    package func cookies(for url: String) -> [String: String] {
        cookies[Self.origin(url)] ?? [:]
    }

    /// Sets a cookie, as an attacker or a user with an editor can; `nil` removes it.
    package func setCookie(_ name: String, _ value: String?, for url: String) {
        cookies[Self.origin(url), default: [:]][name] = value
    }

    /// Removes every cookie.
    package func removeCookies() {
        cookies = [:]
    }

    private func send(
        _ method: String,
        _ url: String,
        body: [UInt8],
        headerFields: [(name: String, value: String)],
        sendsCookies: Bool = true
    ) async throws -> Page {
        var fields = headerFields
        let own = sendsCookies ? cookies[Self.origin(url)] ?? [:] : [:]
        if !own.isEmpty {
            fields.append(
                ("cookie", own.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "; "))
            )
        }
        let response = try await transport.send(
            OutboundRequest(
                method: method,
                url: url,
                headerFields: fields,
                body: body,
                limits: .init(connectTimeout: .seconds(20), totalTimeout: .seconds(60)),
                addressPolicy: .unrestricted
            )
        )
        for value in response.values(of: "set-cookie") {
            keep(value, origin: Self.origin(url))
        }
        return Page(
            url: url,
            status: response.status,
            headerFields: response.headerFields.map { ($0.name, $0.value) },
            text: String(decoding: response.body, as: UTF8.self)
        )
    }

    private func keep(_ setCookie: String, origin: String) {
        let attributes = setCookie.split(separator: ";").map { $0.drop { $0 == " " } }
        guard let pair = attributes.first, let equals = pair.firstIndex(of: "=") else { return }
        let isRemoval = attributes.dropFirst().contains { $0.lowercased() == "max-age=0" }
        cookies[origin, default: [:]][String(pair[..<equals])] =
            isRemoval ? nil : String(pair[pair.index(after: equals)...])
    }

    private static func origin(_ url: String) -> String {
        guard let uri = URIReference(url) else { return url }
        return "\(uri.scheme)://\(uri.host ?? ""):\(uri.port ?? 0)"
    }
}

extension TestBrowser.Page {
    /// The values of the page's hidden fields, by name.
    package var hiddenFields: [String: String] {
        var fields: [String: String] = [:]
        for tag in tags("input") where Self.attribute("type", of: tag) == "hidden" {
            if let name = Self.attribute("name", of: tag) {
                fields[name] = Self.attribute("value", of: tag) ?? ""
            }
        }
        return fields
    }

    /// The target of the page's form.
    package var formAction: String? {
        tags("form").first.flatMap { Self.attribute("action", of: $0) }
    }

    private func tags(_ name: String) -> [Substring] { allTags.filter { $0.hasPrefix(name + " ") } }

    /// Every opening tag of the page, in order, without its brackets.
    var allTags: [Substring] { text.split(separator: "<").map { $0.prefix { $0 != ">" } } }

    /// The value of a tag's attribute.
    static func attribute(_ name: String, of tag: Substring) -> String? {
        guard let range = tag.firstRange(of: " \(name)=\"") else { return nil }
        return String(tag[range.upperBound...].prefix { $0 != "\"" })
            .replacing("&amp;", with: "&").replacing("&quot;", with: "\"").replacing("&#39;", with: "'")
            .replacing("&lt;", with: "<").replacing("&gt;", with: ">")
    }
}
