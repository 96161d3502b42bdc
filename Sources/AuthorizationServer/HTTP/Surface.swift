import HTTPTypes
import OAuthProtocol

/// Where an endpoint is, and everything that is said about it.
///
/// The router, preflights, the metadata document, `/openapi.json`, metrics and the log read it here and nowhere else,
/// so that what is served and what is described cannot differ.
struct Surface: Sendable {
    /// The path, as `Router` reads it: it may contain a `{name}` segment, or end in `/*`.
    let path: String
    /// What the path is below.
    var base = Base.issuer
    /// What the route is called in metrics and the log.
    let name: String
    /// The methods that are served, each with its description.
    let methods: [Method]
    /// Which scripts of other sites may send requests.
    var origins = Origins.unanswered
    /// The member of the metadata document that names the endpoint.
    var advertisement: Advertisement?

    /// What a path is below.
    enum Base: Sendable {
        /// The issuer's own path.
        case issuer
        /// The root of the issuer's host.
        case host
    }

    /// A method that is served.
    struct Method: Sendable {
        /// The method.
        let method: HTTPRequest.Method
        /// Its description in `/openapi.json`; `nil` for what is not described there.
        let operation: OpenAPIOperation?

        /// A method with its description.
        static func method(_ method: HTTPRequest.Method, _ operation: OpenAPIOperation? = nil) -> Method {
            Method(method: method, operation: operation)
        }
    }

    /// Which scripts of other sites may send requests (Fetch standard, CORS protocol).
    enum Origins: Sendable {
        /// All: preflights are answered (CX-1).
        case all
        /// None: preflights are refused, because only navigation leads here (AZ-18).
        case refused
        /// None: there are no preflights to answer.
        case unanswered
    }

    /// A member of the metadata document (RFC 8414 §2).
    struct Advertisement: Sendable {
        /// The member, such as `token_endpoint`.
        let member: String
        /// How clients authenticate at the endpoint; `nil` when they do not.
        var authentication: AuthorizationServerMetadata.Endpoint.Authentication?
    }

    /// The whole path on a server whose issuer has this path.
    func fullPath(issuerPath: String) -> String {
        switch base {
        case .issuer: issuerPath + path
        case .host: path
        }
    }

    /// The value of `Access-Control-Allow-Methods`: what is served, and HEAD where there is nothing but GET.
    var crossOriginMethods: String {
        let names = methods.map(\.method.rawValue)
        return (names == ["GET"] ? ["GET", "HEAD"] : names).joined(separator: ", ")
    }
}

extension Surface {
    /// The surface of an endpoint with one method.
    init(
        _ method: HTTPRequest.Method,
        _ path: String,
        base: Base = .issuer,
        name: String,
        origins: Origins = .unanswered,
        advertisement: Advertisement? = nil,
        _ operation: OpenAPIOperation? = nil
    ) {
        self.init(
            path: path,
            base: base,
            name: name,
            methods: [.method(method, operation)],
            origins: origins,
            advertisement: advertisement
        )
    }
}

extension Sequence<any Endpoint> {
    /// Every surface, in order.
    var surfaces: [Surface] { flatMap(\.surfaces) }
}
