import OAuthProtocol
import ServerConfiguration

/// One line that summarizes a configuration.
struct ConfigurationSummary: CustomStringConvertible {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    var description: String {
        let addresses = configuration.listen.map { "\($0.address)\($0.tls == nil ? "" : " (TLS)")" }
        return [
            "issuer \(configuration.issuer.text)",
            "listening on \(addresses.joined(separator: ", "))",
            named("upstream", configuration.upstreams.map(\.name)),
            named("resource", configuration.resources.map(\.uri)),
            named("client", configuration.clients.map(\.clientID)),
        ]
        .joined(separator: "; ")
    }

    private func named(_ noun: String, _ names: [String]) -> String {
        switch names.count {
        case 0: "no \(noun)s"
        case 1: "1 \(noun) (\(names[0]))"
        default: "\(names.count) \(noun)s (\(names.joined(separator: ", ")))"
        }
    }
}
