import AuthorizationServer
import OAuthProtocol
import ServerConfiguration

extension TestServer.Options {
    /// Refuses an option that makes no sense, by its name.
    func check() throws {
        guard ResourceCatalogue.comparisonForm(resource) != nil else {
            throw ConfigurationError(path: "resource", message: "must be an absolute URL without fragment")
        }
        // A text that is no scope has no tokens.
        for scope in scopes where (try? ScopeSet(parsing: scope))?.tokens.count != 1 {
            throw ConfigurationError(path: "scopes", message: "must be scope tokens without spaces (RFC 6749 §3.3)")
        }
        let names = [TestServer.upstream] + furtherUpstreams.map(\.name)
        for name in names {
            if let objection = ConfigurationRules.upstreamNameObjection(name) {
                throw ConfigurationError(path: "furtherUpstreams", message: objection)
            }
        }
        guard Set(names).count == names.count else {
            throw ConfigurationError(path: "furtherUpstreams", message: "must have distinct names, none of them corp")
        }
        guard furtherUpstreams.allSatisfy({ $0.tokenLifetime.map { $0 >= .seconds(1) } ?? true }) else {
            throw ConfigurationError(path: "furtherUpstreams", message: "tokenLifetime must be at least 1 s")
        }
        let subjects = ["ada", "grace"] + users.map(\.subject)
        guard !subjects.contains(""), Set(subjects).count == subjects.count else {
            throw ConfigurationError(path: "users", message: "must have distinct subjects, none of them ada or grace")
        }
        let ids = clients.map(\.id)
        guard !ids.contains(""), Set(ids).count == ids.count else {
            throw ConfigurationError(path: "clients", message: "must have distinct ids")
        }
        guard accessTokenLifetime >= .seconds(1) else {
            throw ConfigurationError(path: "accessTokenLifetime", message: "must be at least 1 s")
        }
        guard upstreamTokenLifetime.map({ $0 >= .seconds(1) }) ?? true else {
            throw ConfigurationError(path: "upstreamTokenLifetime", message: "must be at least 1 s")
        }
    }
}
