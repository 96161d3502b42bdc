import Foundation
import ServerConfiguration
import SocketHTTP
import Testing

@testable import ServerCommand

@Suite("The recipes of proxies")
struct ProxyRecipeTests {
    @Test(
        "lead to the sample's listener, and replace what a client says of its address",
        arguments: [
            ("nginx.conf", "proxy_set_header X-Forwarded-For $remote_addr;"),
            ("nginx-nodes.conf", "proxy_set_header X-Forwarded-For $remote_addr;"), ("Caddyfile", "reverse_proxy"),
            ("envoy.yaml", "use_remote_address: true"), ("traefik.yaml", "loadBalancer"),
        ]
    )
    func target(file: String, rule: String) throws {
        let text = try DeployFiles.text("Proxies/" + file)
        #expect(text.contains(rule))
        let configuration = try DeployFiles.configuration(try DeployFiles.text("gatehouse.yaml"))
        let address = configuration.listen[0].address
        #expect(text.contains("\(address)") || text.contains("port_value: \(address.port)"))
        #expect(!text.contains("$proxy_add_x_forwarded_for"))
    }

    @Test("that are YAML are valid YAML", arguments: ["envoy.yaml", "traefik.yaml"])
    func yaml(file: String) throws {
        #expect(throws: Never.self) { try DeployFiles.documents("Proxies/" + file) }
    }

    @Test("nginx accepts its recipes", arguments: ["nginx.conf", "nginx-nodes.conf", "nginx-credentials.conf"])
    func nginx(file: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "nginx-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = folder.appending(path: "key.pem").path()
        let certificate = folder.appending(path: "certificate.pem").path()
        let made = try DeployFiles.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/CN=auth.example.com", "-keyout", key, "-out", certificate,
        ])
        #expect(made.status == 0)
        let recipe = try DeployFiles.text("Proxies/" + file)
            .replacing("/etc/ssl/auth.example.com.pem", with: certificate)
            .replacing("/etc/ssl/private/auth.example.com.key", with: key)
        let main = "pid \(folder.path())/pid; error_log stderr; events {} http {\n\(recipe)\n}\n"
        try Data(main.utf8).write(to: folder.appending(path: "nginx.conf"))
        let verdict = try DeployFiles.run([
            "/usr/sbin/nginx", "-t", "-p", folder.path(), "-c", folder.appending(path: "nginx.conf").path(),
        ])
        #expect(verdict.status == 0, "\(verdict.output)")
    }
}
