import AuthorizationServer
import Logging
import OAuthProtocol
import OpenSSLCrypto
import OutboundHTTP
import ServerConfiguration
import UpstreamIdentity

/// Asks the configured providers what a login would depend on: discovery, keys, endpoints, clocks.
///
/// Nothing is registered, no user is involved, and no secret is sent.
struct UpstreamExaminer {
    let configuration: Configuration
    let transport: any OutboundTransport
    let timeSource: any TimeSource
    let logger: Logger

    /// From which difference of the clocks on ID tokens may be refused, in seconds.
    static let clockOffsetMax: Int64 = 60
    /// From which difference on the operator is warned, in seconds: `Date` fields are whole seconds, and answers take
    /// time.
    static let clockOffsetNoticed: Int64 = 5

    /// The verdicts, in the order of the configuration.
    func verdicts() async -> [UpstreamVerdict] {
        var verdicts: [UpstreamVerdict] = []
        for upstream in configuration.upstreams { verdicts.append(await verdict(on: upstream)) }
        return verdicts
    }

    private func verdict(on upstream: Configuration.Upstream) async -> UpstreamVerdict {
        var verdict = UpstreamVerdict(upstream.name)
        guard upstream.preset != .entered else {
            verdict.note("credential", "users enter it; nothing is asked without one")
            return verdict
        }
        let observer = ObservingTransport(transport, timeSource: timeSource)
        do throws(UpstreamError) {
            let settings = try upstream.providerConfiguration(issuer: configuration.issuer)
            if upstream.preset.isVisited {
                verdict.note("redirect URI", "\(settings.callbackURL) (register exactly this at the provider)")
            }
            let provider = try UpstreamProvider(
                configuration: settings,
                registration: upstream.clientID == nil && upstream.preset != .chained ? Self.noRegistration : nil,
                transport: observer,
                timeSource: timeSource,
                random: SystemRandomSource(),
                logger: logger
            )
            try await examine(provider, upstream, settings, observer, &verdict)
        } catch {
            verdict.fail(Self.subject(of: error), error.reason, remedy: Self.remedy(for: error, upstream))
        }
        noteClock(observer, &verdict)
        return verdict
    }

    private func examine(
        _ provider: UpstreamProvider,
        _ upstream: Configuration.Upstream,
        _ settings: UpstreamConfiguration,
        _ transport: any OutboundTransport,
        _ verdict: inout UpstreamVerdict
    ) async throws(UpstreamError) {
        // An exchange at the provider of another upstream has no endpoints of its own.
        if let chain = provider.chained, chain.foreign == nil { return verdict.note("chain", chain.words) }
        let found = try await provider.examine()
        if let machine = provider.machine { verdict.note("tokens", "of this server itself\(machine.words)") }
        if let chain = provider.chained { verdict.note("chain", chain.words) }
        guard provider.isConnectable else {
            let names = ["token_endpoint", "revocation_endpoint", "app"]
            for endpoint in found.endpoints where names.contains(endpoint.name) {
                await probe(endpoint, settings, transport, &verdict)
            }
            return
        }
        if case .openID(let issuer) = settings.kind { verdict.note("discovery", "the document of \(issuer) is usable") }
        if case .protectedServer(let server) = settings.kind {
            verdict.note("discovery", "the metadata of \(server.url), and of its authorization server, is usable")
        }
        switch found.keyCount {
        case nil: break
        case 0?:
            verdict.fail(
                "keys",
                "the provider publishes no key that can verify an ID token",
                remedy: "ask the provider for keys of RS256, PS256, ES256 or EdDSA"
            )
        case let count?: verdict.note("keys", "\(count) usable")
        }
        if found.supportsProofKey == false {
            verdict.warn(
                "proof key",
                "the provider's document does not offer S256 (RFC 7636)",
                remedy: "a login sends it all the same; if the provider refuses that, ask it to support S256"
            )
        }
        for endpoint in found.endpoints { await probe(endpoint, settings, transport, &verdict) }
        guard upstream.clientID != nil else {
            verdict.note("client", "becomes known there by itself at the first start")
            return
        }
        verdict.note("authorization URL", try await provider.dryAuthorizationURL())
    }

    // Any answer shows that the address is right; what a GET means to a token endpoint does not matter.
    private func probe(
        _ endpoint: (name: String, url: String),
        _ settings: UpstreamConfiguration,
        _ transport: any OutboundTransport,
        _ verdict: inout UpstreamVerdict
    ) async {
        let request = OutboundRequest(
            url: endpoint.url,
            limits: .init(responseBytesMax: 1 << 20),
            addressPolicy: settings.addressPolicy
        )
        do {
            let response = try await transport.send(request)
            switch response.status {
            case 404, 410:
                verdict.warn(
                    endpoint.name,
                    "\(endpoint.url) answers \(response.status) to a GET",
                    remedy: "compare the address with the provider's documentation; some endpoints answer so to a GET"
                )
            case 500...:
                verdict.warn(
                    endpoint.name,
                    "\(endpoint.url) answers \(response.status)",
                    remedy: "the provider has a failure of its own; try again later"
                )
            default: verdict.note(endpoint.name, endpoint.url)
            }
        } catch  where error.code == .tooLarge {
            // A page of any size is an answer.
            verdict.note(endpoint.name, endpoint.url)
        } catch {
            verdict.fail(endpoint.name, "\(endpoint.url) does not answer: \(error)", remedy: Self.remedy(for: error))
        }
    }

    private func noteClock(_ observer: ObservingTransport, _ verdict: inout UpstreamVerdict) {
        guard let offset = observer.clockOffsetSeconds else { return }
        let direction = offset < 0 ? "ahead of" : "behind"
        let text = "this machine is \(abs(offset)) s \(direction) the provider"
        let remedy = "synchronize this machine's clock (NTP)"
        switch abs(offset) {
        case ...Self.clockOffsetNoticed: verdict.note("clock", text)
        case ...Self.clockOffsetMax: verdict.warn("clock", text, remedy: remedy)
        default: verdict.fail("clock", "\(text); its ID tokens will be refused", remedy: remedy)
        }
    }

    // A check must not leave a client at the provider.
    private static let noRegistration = UpstreamSelfRegistration(known: nil) {
        .failure(UpstreamError(.misconfigured, "a check registers no client"))
    }

    private static func subject(of error: UpstreamError) -> String {
        switch error.code {
        case .misconfigured: "configuration"
        case .temporarilyUnavailable: "network"
        default: "discovery"
        }
    }

    private static func remedy(for error: UpstreamError, _ upstream: Configuration.Upstream) -> String {
        switch error.code {
        case .temporarilyUnavailable:
            """
            check the address, DNS, the firewall or proxy between here and the provider, and its certificate \
            (outbound.ca_file); an address in a private network needs allow_private_network
            """
        case .invalidResponse:
            """
            open \(upstream.issuer ?? "the issuer")/.well-known/openid-configuration in a browser: its issuer must be the \
            configured one, byte for byte
            """
        case .misconfigured:
            """
            correct the keys of this upstream in the configuration; an issuer must be the one that the provider's own \
            document names, byte for byte
            """
        default: "see the provider's own log"
        }
    }

    private static func remedy(for error: OutboundError) -> String {
        switch error.code {
        case .addressRefused: "the address is private: set allow_private_network for this upstream if that is intended"
        case .tls: "trust the provider's certificate authority with outbound.ca_file"
        case .resolveFailed: "check the host name and this machine's DNS"
        default: "check the firewall or proxy between here and the provider"
        }
    }
}

extension ChainedServer {
    fileprivate var words: String {
        switch exchange {
        case .identityAssertion(let server): "\(source) vouches for users at \(server.issuer)"
        case .tokenExchange: "tokens of \(source) are exchanged at its provider"
        case .onBehalfOf: "tokens of \(source) are exchanged at its provider, on behalf of their users"
        }
    }
}

extension MachineConnection {
    fileprivate var words: String {
        switch self {
        case .client: ""
        case .installation(let installation): ", of the GitHub App's installation \(installation.id)"
        }
    }
}
