import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// Answers in the language of the person who asks.
///
/// `ui_locales` of an authorization request (OpenID Connect Core 1.0 §3.1.2.1), pushed or not, comes first, then the
/// cookie that remembers it for the rest of the login, then `Accept-Language`; what this server does not speak is
/// passed over. An error page names the request.
struct SpokenPages: Endpoint {
    private let endpoint: any Endpoint
    private let cookies: BrowserCookies
    /// The query of a pushed authorization request (RFC 9126), by its reference.
    private let pushedQuery: @Sendable (_ reference: String) -> String?

    /// An endpoint whose answers are pages.
    init(
        _ endpoint: any Endpoint,
        cookies: BrowserCookies,
        pushedQuery: @escaping @Sendable (_ reference: String) -> String?
    ) {
        self.endpoint = endpoint
        self.cookies = cookies
        self.pushedQuery = pushedQuery
    }

    var surfaces: [Surface] { endpoint.surfaces }

    func respond(to request: Request, context: RequestContext) async -> Response {
        let asked = request.query.flatMap(asked)
        let language = asked ?? cookies.language(request) ?? Self.accepted(request) ?? .english
        var response = await PageLanguage.$current.withValue(language) {
            await PageReference.$current.withValue(context.requestID) {
                await endpoint.respond(to: request, context: context)
            }
        }
        if let asked {
            response.headerFields.append(HTTPField(name: .setCookie, value: cookies.settingLanguage(asked)))
        }
        return response
    }

    /// The first language of `ui_locales`; a malformed query has none, and its own error.
    ///
    /// RFC 9126 §4: of a pushed request only what was pushed counts.
    private func asked(_ query: String) -> PageLanguage? {
        // The endpoint refuses what cannot be parsed, what is repeated, and a reference that is not valid.
        guard query.contains("request_uri="), let reference = try? FormParameters(query: query).once("request_uri")
        else { return Self.locales(query) }
        return pushedQuery(reference).flatMap(Self.locales)
    }

    private static func locales(_ query: String) -> PageLanguage? {
        guard query.contains("ui_locales=") else { return nil }
        // Here too.
        guard let locales = try? FormParameters(query: query).once("ui_locales") else { return nil }
        return PageLanguage.lookup(locales.split(separator: " "))
    }

    private static func accepted(_ request: Request) -> PageLanguage? {
        // RFC 9110 §5.3: several lines are one list.
        let field = request.values(of: .acceptLanguage).joined(separator: ",")
        return field.isEmpty ? nil : PageLanguage.lookup(PageLanguage.ranges(acceptLanguage: field))
    }
}
