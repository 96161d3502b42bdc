import AuthorizationServer
import Logging
import OutboundHTTP
import ServerConfiguration
import Testing

@testable import GatehouseHosting
@testable import ServerCommand

/// The program's clients for other servers.
struct OutboundClientsTests {
    private static let start = "issuer: http://127.0.0.1:8080\n"

    @Test("S-01: documents and key sets of clients are fetched by a separate client")
    func separateClients() async throws {
        let host = try ServerHost(try decode(Self.start), logLevel: .error, audits: false)
        let environment = try host.environment()
        let providers = try #require(environment.transport as? CurlClient)
        let documents = try #require(environment.documentTransport as? CurlClient)
        #expect(providers !== documents)
        await host.close()
    }

    @Test("N-2: the configured proxy is the only way out; without one the environment decides")
    func proxy() throws {
        #expect(OutboundClients.proxy(try decode(Self.start).outbound) == .environment)
        let text = "outbound: {proxy: 'http://proxy.corp:3128', no_proxy: [idp.corp, 10.0.0.0/8]}\n"
        var outbound = try decode(Self.start + text).outbound
        outbound.proxyCredentials = .value(SecretValue("gatehouse:secret"))
        let expected = CurlClient.Proxy.mandatory(
            url: "http://proxy.corp:3128",
            credentials: "gatehouse:secret",
            exceptions: ProxyExceptions(["idp.corp", "10.0.0.0/8"])
        )
        #expect(OutboundClients.proxy(outbound) == expected)
    }

    @Test("N-2: a proxy of the environment is detected, because most requests do not use it")
    func environment() {
        #expect(OutboundClients.proxyVariable(["HTTPS_PROXY": "http://p:1"]) == "HTTPS_PROXY")
        #expect(OutboundClients.proxyVariable(["all_proxy": "http://p:1"]) == "all_proxy")
        #expect(OutboundClients.proxyVariable(["HTTPS_PROXY": "", "http_proxy": "http://p:1"]) == nil)
    }

    @Test(
        "N-2: what is no proxy or no host is refused",
        arguments: [
            ("proxy: 'socks5://p:1'", "outbound.proxy: must be the http or https URL of a proxy"),
            ("proxy: 'proxy:3128'", "outbound.proxy: must be the http or https URL of a proxy"),
            (
                "proxy: 'http://u:p@proxy:3128'",
                "outbound.proxy: must not have user information; use proxy_credentials"
            ),
            ("proxy: 'http://proxy:3128/x'", "outbound.proxy: must have no path, query or fragment"),
            ("no_proxy: [idp.corp]", "outbound.no_proxy: needs outbound.proxy"),
            ("proxy_credentials: {env: P}", "outbound.proxy_credentials: needs outbound.proxy"),
            (
                "proxy: 'http://p:1', no_proxy: ['10.0.0.0/33']",
                "outbound.no_proxy[0]: 10.0.0.0/33 is not a host: a lower-case name, an address, a block, or *"
            ),
            (
                "proxy: 'http://p:1', no_proxy: ['https://idp.corp']",
                "outbound.no_proxy[0]: https://idp.corp is not a host: a lower-case name, an address, a block, or *"
            ),
        ]
    )
    func refusal(text: String, line: String) {
        let found = refusals(Self.start + "outbound: {\(text)}")
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(line) == true, "\(found)")
    }
}
